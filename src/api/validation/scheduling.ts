// Models the rules for affinity, tolerations and topology spread of pkg/apis/core/validation.
import { dns1123Label, labelKey, labelValue, qualifiedName } from '../names.ts';
import type {
  Affinity,
  LabelSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
  WeightedPodAffinityTerm,
} from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, duplicate, forbiddenField, invalid, notSupported, required } from './field.ts';
import { validateLabelSelector } from './label-selector.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity(affinity: Affinity | undefined, path: string): FieldErrors {
  const errors: FieldErrors = [];
  const node = affinity?.nodeAffinity;
  if (node !== undefined) {
    const at = `${path}.nodeAffinity`;
    if (node.requiredDuringSchedulingIgnoredDuringExecution !== undefined) {
      errors.push(
        ...validateNodeSelector(
          node.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms ?? [],
          `${at}.${REQUIRED}`,
        ),
      );
    }
    (node.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, i) => {
      const place = `${at}.${PREFERRED}[${i}]`;
      errors.push(
        ...validateWeight(term.weight, place),
        ...validateNodeSelectorTerm(term.preference, `${place}.preference`),
      );
    });
  }
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const pods = affinity?.[name];
    if (pods === undefined) continue;
    const at = `${path}.${name}`;
    (pods.requiredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, i) => {
      errors.push(...validatePodAffinityTerm(term, `${at}.${REQUIRED}[${i}]`));
    });
    (pods.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, i) => {
      errors.push(...validateWeightedTerm(term, `${at}.${PREFERRED}[${i}]`));
    });
  }
  return errors;
}

function validateWeight(weight: number, path: string): FieldErrors {
  return weight <= 0 || weight > 100 ? [invalid(`${path}.weight`, weight, 'must be in the range 1-100')] : [];
}

function validateNodeSelector(terms: readonly NodeSelectorTerm[], path: string): FieldErrors {
  const at = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => validateNodeSelectorTerm(term, `${at}[${i}]`));
}

function validateNodeSelectorTerm(term: NodeSelectorTerm, path: string): FieldErrors {
  return [
    ...(term.matchExpressions ?? []).flatMap((rule, i) =>
      validateNodeRequirement(rule, `${path}.matchExpressions[${i}]`),
    ),
    ...(term.matchFields ?? []).flatMap((rule, i) => validateFieldRequirement(rule, `${path}.matchFields[${i}]`)),
  ];
}

function validateNodeRequirement({ key, operator, values = [] }: NodeSelectorRequirement, path: string): FieldErrors {
  const errors: FieldErrors = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.push(
        forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      );
    }
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1) {
      errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
    }
  } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  errors.push(...complaints(`${path}.key`, key, labelKey(key)));
  values.forEach((value, i) => errors.push(...complaints(`${path}.values[${i}]`, value, labelValue(value))));
  return errors;
}

function validateFieldRequirement({ key, operator, values = [] }: NodeSelectorRequirement, path: string): FieldErrors {
  const errors: FieldErrors = [];
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  } else if (values.length !== 1) {
    errors.push(
      required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    );
  }
  if (key !== 'metadata.name') errors.push(invalid(`${path}.key`, key, 'not a valid field selector key'));
  return errors;
}

function validateWeightedTerm(term: WeightedPodAffinityTerm, path: string): FieldErrors {
  return [
    ...validateWeight(term.weight, path),
    ...validatePodAffinityTerm(term.podAffinityTerm, `${path}.podAffinityTerm`),
  ];
}

function validatePodAffinityTerm(term: PodAffinityTerm, path: string): FieldErrors {
  const errors = validateLabelSelector(term.labelSelector, `${path}.labelSelector`);
  errors.push(...validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`));
  for (const namespace of term.namespaces ?? []) {
    errors.push(...complaints(`${path}.namespace`, namespace, dns1123Label(namespace)));
  }
  errors.push(...validateLabelKeys(term.matchLabelKeys, term.labelSelector, `${path}.matchLabelKeys`));
  errors.push(...validateLabelKeys(term.mismatchLabelKeys, term.labelSelector, `${path}.mismatchLabelKeys`));
  const at = `${path}.topologyKey`;
  if (term.topologyKey === '') errors.push(required(at, 'can not be empty'));
  return [...errors, ...complaints(at, term.topologyKey, labelKey(term.topologyKey))];
}

function validateLabelKeys(
  keys: readonly string[] | undefined,
  selector: LabelSelector | undefined,
  path: string,
): FieldErrors {
  if ((keys ?? []).length === 0) return [];
  if (selector === undefined) return [forbiddenField(path, 'must not be specified when labelSelector is not set')];
  return (keys ?? []).flatMap((key, i) => complaints(`${path}[${i}]`, key, labelKey(key)));
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTolerations(tolerations: readonly Toleration[], path: string): FieldErrors {
  return tolerations.flatMap((toleration, i) => validateToleration(toleration, `${path}[${i}]`));
}

function validateToleration(toleration: Toleration, path: string): FieldErrors {
  const { key = '', operator = '', value = '', effect = '' } = toleration;
  const errors = key === '' ? [] : complaints(`${path}.key`, key, labelKey(key));
  if (key === '' && operator !== 'Exists') {
    errors.push(
      invalid(
        `${path}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  }
  if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  if (operator === 'Equal' || operator === '') {
    errors.push(...complaints(`${path}.operator`, value, labelValue(value)));
  } else if (operator === 'Exists') {
    if (value !== '')
      errors.push(invalid(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"));
  } else errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  return effect === '' ? errors : [...errors, ...validateTaintEffect(effect, `${path}.effect`)];
}

export function validateTaintEffect(effect: string, path: string): FieldErrors {
  if (EFFECTS.includes(effect)) return [];
  return [effect === '' ? required(path) : notSupported(path, effect, EFFECTS)];
}

export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[], path: string): FieldErrors {
  const errors: FieldErrors = [];
  const seen = new Set<string>();
  constraints.forEach((constraint, i) => {
    const at = `${path}[${i}]`;
    if (constraint.maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, constraint.maxSkew, 'must be greater than zero'));
    if (constraint.topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    else errors.push(...complaints(`${at}.topologyKey`, constraint.topologyKey, qualifiedName(constraint.topologyKey)));
    const { whenUnsatisfiable } = constraint;
    if (whenUnsatisfiable !== 'DoNotSchedule' && whenUnsatisfiable !== 'ScheduleAnyway') {
      errors.push(notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']));
    }
    const pair = `${constraint.topologyKey}, ${whenUnsatisfiable}`;
    if (seen.has(pair)) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${pair}}`));
    seen.add(pair);
    if (constraint.minDomains !== undefined) {
      if (constraint.minDomains <= 0)
        errors.push(invalid(`${at}.minDomains`, constraint.minDomains, 'must be greater than zero'));
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        errors.push(
          invalid(
            `${at}.minDomains`,
            constraint.minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
          ),
        );
      }
    }
    for (const key of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[key];
      if (policy !== undefined && policy !== 'Honor' && policy !== 'Ignore') {
        errors.push(notSupported(`${at}.${key}`, policy, ['Honor', 'Ignore']));
      }
    }
    errors.push(...validateLabelKeys(constraint.matchLabelKeys, constraint.labelSelector, `${at}.matchLabelKeys`));
    errors.push(...validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`));
  });
  return errors;
}
