// Models pkg/apis/flowcontrol/validation.
import { FLOW_SCHEMA } from '../kinds/flow-schema.ts';
import { PRIORITY_LEVEL_CONFIGURATION } from '../kinds/priority-level-configuration.ts';
import { dns1123Subdomain } from '../names.ts';
import type {
  FlowcontrolSubject,
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  QueuingConfiguration,
  ResourcePolicyRule,
} from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, forbiddenField, invalid, notSupported, required } from './field.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './metadata.ts';

const LAST_PRECEDENCE = 10_000;
const MAX_QUEUES = 10_000_000;

export function validateFlowSchema(schema: FlowSchema): FieldErrors {
  const errors = validateObjectMeta(FLOW_SCHEMA, schema);
  const { matchingPrecedence = 0, distinguisherMethod, priorityLevelConfiguration, rules = [] } = schema.spec;
  const precedence = 'spec.matchingPrecedence';
  if (matchingPrecedence <= 0) errors.push(invalid(precedence, matchingPrecedence, 'must be a positive value'));
  if (matchingPrecedence > LAST_PRECEDENCE)
    errors.push(invalid(precedence, matchingPrecedence, `must not be greater than ${LAST_PRECEDENCE}`));
  if (matchingPrecedence === 1 && schema.metadata.name !== 'exempt')
    errors.push(invalid(precedence, 1, "only the schema named 'exempt' may have matchingPrecedence 1"));
  if (distinguisherMethod !== undefined && !['ByNamespace', 'ByUser'].includes(distinguisherMethod.type))
    errors.push(notSupported('spec.distinguisherMethod', distinguisherMethod, ['ByNamespace', 'ByUser']));
  const name = priorityLevelConfiguration?.name ?? '';
  const path = 'spec.priorityLevelConfiguration.name';
  if (name === '') errors.push(required(path, 'must reference a priority level'));
  else errors.push(...complaints(path, name, dns1123Subdomain(name)));
  return [...errors, ...rules.flatMap((rule, i) => validateRules(rule, `spec.rules[${i}]`))];
}

export function validateFlowSchemaUpdate(next: FlowSchema, old: FlowSchema): FieldErrors {
  return [...validateFlowSchema(next), ...validateObjectMetaUpdate(next, old)];
}

function validateRules(rule: PolicyRulesWithSubjects, path: string): FieldErrors {
  const errors: FieldErrors = [];
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  if (subjects.length === 0) errors.push(required(`${path}.subjects`, 'subjects must contain at least one value'));
  subjects.forEach((subject, i) => errors.push(...validateSubject(subject, `${path}.subjects[${i}]`)));
  if (resourceRules.length + nonResourceRules.length === 0)
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  resourceRules.forEach((each, i) => errors.push(...validateResourceRule(each, `${path}.resourceRules[${i}]`)));
  nonResourceRules.forEach((each, i) => errors.push(...validateUrls(each, `${path}.nonResourceRules[${i}]`)));
  return errors;
}

function validateSubject(subject: FlowcontrolSubject, path: string): FieldErrors {
  const needed = { User: 'user', Group: 'group', ServiceAccount: 'serviceAccount' } as const;
  const kind = Object.entries(needed).find(([name]) => name === subject.kind);
  if (kind === undefined)
    return [notSupported(`${path}.kind`, subject.kind ?? '', ['Group', 'ServiceAccount', 'User'])];
  const errors: FieldErrors = [];
  for (const [name, field] of Object.entries(needed)) {
    if (name === subject.kind) {
      if (subject[field] === undefined)
        errors.push(required(`${path}.${field}`, `${field} is required when subject kind is '${name}'`));
    } else if (subject[field] !== undefined)
      errors.push(forbiddenField(`${path}.${field}`, `${field} is forbidden when subject kind is not '${name}'`));
  }
  return errors;
}

function validateVerbs(verbs: readonly string[], path: string): FieldErrors {
  if (verbs.length === 0) return [required(`${path}.verbs`, 'verbs must contain at least one value')];
  return alone(verbs, `${path}.verbs`, 'verbs');
}

/** A star says all that others could say. */
function alone(values: readonly string[], path: string, what: string): FieldErrors {
  return values.length > 1 && values.includes('*')
    ? [invalid(path, values, `if '*' is present, must not specify other ${what}`)]
    : [];
}

function validateResourceRule(rule: ResourcePolicyRule, path: string): FieldErrors {
  const { verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope = false } = rule;
  const errors = validateVerbs(verbs, path);
  if (apiGroups.length === 0)
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  else errors.push(...alone(apiGroups, `${path}.apiGroups`, 'api groups'));
  if (resources.length === 0)
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  else errors.push(...alone(resources, `${path}.resources`, 'resources'));
  if (namespaces.length === 0 && !clusterScope)
    errors.push(
      required(`${path}.namespaces`, 'resource rules that are not cluster scoped must supply at least one namespace'),
    );
  return errors;
}

function validateUrls({ verbs = [], nonResourceURLs = [] }: NonResourcePolicyRule, path: string): FieldErrors {
  const errors = validateVerbs(verbs, path);
  if (nonResourceURLs.length === 0)
    errors.push(required(`${path}.nonResourceURLs`, 'nonResourceURLs must contain at least one value'));
  else errors.push(...alone(nonResourceURLs, `${path}.nonResourceURLs`, 'non-resource URLs'));
  return errors;
}

export function validatePriorityLevel(level: PriorityLevelConfiguration): FieldErrors {
  const errors = validateObjectMeta(PRIORITY_LEVEL_CONFIGURATION, level);
  const { type, limited, exempt } = level.spec;
  const isExempt = level.metadata.name === 'exempt';
  if (type !== 'Limited' && type !== 'Exempt') {
    errors.push(notSupported('spec.type', type ?? '', ['Exempt', 'Limited']));
    return errors;
  }
  if (isExempt !== (type === 'Exempt'))
    errors.push(invalid('spec.type', type, "type must be 'Exempt' if and only if `metadata.name` is 'exempt'"));
  if (type === 'Exempt') {
    if (limited !== undefined) errors.push(forbiddenField('spec.limited', 'must be nil if the type is not Limited'));
    return errors;
  }
  if (exempt !== undefined) errors.push(forbiddenField('spec.exempt', 'must be nil if the type is Limited'));
  if (limited === undefined) return [...errors, required('spec.limited', 'must not be empty when type is Limited')];
  const { nominalConcurrencyShares = 0, limitResponse } = limited;
  if (nominalConcurrencyShares < 0)
    errors.push(
      invalid('spec.limited.nominalConcurrencyShares', nominalConcurrencyShares, 'must be a non-negative integer'),
    );
  const path = 'spec.limited.limitResponse';
  if (limitResponse?.type !== 'Queue' && limitResponse?.type !== 'Reject')
    return [...errors, notSupported(`${path}.type`, limitResponse?.type ?? '', ['Queue', 'Reject'])];
  const { queuing } = limitResponse;
  if (limitResponse.type === 'Reject') {
    if (queuing !== undefined)
      errors.push(forbiddenField(`${path}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'));
  } else if (queuing === undefined)
    errors.push(required(`${path}.queuing`, 'must not be empty if limited.limitResponse.type is Limited'));
  else errors.push(...validateQueuing(queuing, `${path}.queuing`));
  return errors;
}

function validateQueuing(queuing: QueuingConfiguration, path: string): FieldErrors {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing;
  const errors: FieldErrors = [];
  if (queueLengthLimit <= 0) errors.push(invalid(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalid(`${path}.queues`, queues, 'must be positive'));
  else if (queues > MAX_QUEUES)
    errors.push(invalid(`${path}.queues`, queues, `must not be greater than ${MAX_QUEUES}`));
  if (handSize <= 0) errors.push(invalid(`${path}.handSize`, handSize, 'must be positive'));
  else if (handSize > queues)
    errors.push(invalid(`${path}.handSize`, handSize, `should not be greater than queues (${queues})`));
  return errors;
}

export function validatePriorityLevelUpdate(
  next: PriorityLevelConfiguration,
  old: PriorityLevelConfiguration,
): FieldErrors {
  return [...validatePriorityLevel(next), ...validateObjectMetaUpdate(next, old)];
}
