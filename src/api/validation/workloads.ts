// Models pkg/apis/apps/validation for deployments and replica sets.
import { deepEqual } from '../../lib/json.ts';
import { percentOf } from '../int-or-string.ts';
import type { Kind } from '../kind.ts';
import { DEPLOYMENT } from '../kinds/deployment.ts';
import { REPLICA_SET } from '../kinds/replica-set.ts';
import type { IntOrString } from '../meta.ts';
import { percent } from '../names.ts';
import type { Selector } from '../selector.ts';
import { labelSelector, matchesLabels, NOTHING, SelectorError } from '../selector.ts';
import type {
  Deployment,
  DeploymentStrategy,
  LabelSelector,
  PodTemplateSpec,
  ReplicaSet,
  Scale,
} from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import {
  complaints,
  forbiddenField,
  IMMUTABLE,
  invalid,
  NOT_NEGATIVE,
  notNegative,
  notSupported,
  required,
} from './field.ts';
import { isEmptySelector, validateLabelSelector } from './label-selector.ts';
import { validateAnnotations, validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './metadata.ts';
import { validatePodSpec } from './pod-spec.ts';

export function validateDeployment(deployment: Deployment, kind: Kind = DEPLOYMENT): FieldErrors {
  return [...validateObjectMeta(kind, deployment), ...validateDeploymentSpec(deployment)];
}

export function validateDeploymentUpdate(next: Deployment, old: Deployment): FieldErrors {
  return [
    ...validateObjectMetaUpdate(next, old),
    ...validateDeploymentSpec(next),
    ...validateSelectorUpdate(next.spec.selector, old.spec.selector),
  ];
}

function validateDeploymentSpec({ spec }: Deployment): FieldErrors {
  const errors = notNegative('spec.replicas', spec.replicas);
  errors.push(...validateSelectorAndTemplate(spec.selector, spec.template));
  errors.push(...validateStrategy(spec.strategy, 'spec.strategy'));
  errors.push(...notNegative('spec.minReadySeconds', spec.minReadySeconds));
  errors.push(...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit));
  const deadline = spec.progressDeadlineSeconds;
  errors.push(...notNegative('spec.progressDeadlineSeconds', deadline));
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

/** Both kinds take the selector's rules, and their text, from deployments. */
function validateSelectorAndTemplate(selector: LabelSelector | undefined, template: PodTemplateSpec): FieldErrors {
  const errors: FieldErrors = [];
  if (selector === undefined) errors.push(required('spec.selector'));
  else {
    errors.push(...validateLabelSelector(selector, 'spec.selector'));
    if (isEmptySelector(selector)) {
      errors.push(invalid('spec.selector', selector, 'empty selector is invalid for deployment'));
    }
  }
  const parsed = tryLabelSelector(selector);
  if (parsed === undefined) return [...errors, invalid('spec.selector', selector, 'invalid label selector')];
  return [...errors, ...validateTemplate(template, parsed)];
}

function tryLabelSelector(selector: LabelSelector | undefined): Selector | undefined {
  try {
    return selector === undefined ? NOTHING : labelSelector(selector);
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

function validateTemplate(template: PodTemplateSpec, selector: Selector): FieldErrors {
  const path = 'spec.template';
  const errors: FieldErrors = [];
  const labels = template.metadata?.labels;
  const isEmpty = !selector.nothing && selector.requirements.length === 0;
  if (!isEmpty && !matchesLabels(selector, labels)) {
    errors.push(invalid(`${path}.metadata.labels`, labels, '`selector` does not match template `labels`'));
  }
  errors.push(...validateLabels(labels, `${path}.labels`));
  errors.push(...validateAnnotations(template.metadata?.annotations, `${path}.annotations`));
  errors.push(...validatePodSpec(template.spec, `${path}.spec`));
  if ((template.spec.ephemeralContainers ?? []).length > 0) {
    errors.push(forbiddenField(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  }
  const policy = template.spec.restartPolicy;
  if (policy !== 'Always') errors.push(notSupported(`${path}.spec.restartPolicy`, policy ?? '', ['Always']));
  if (template.spec.activeDeadlineSeconds !== undefined) {
    errors.push(
      forbiddenField(`${path}.spec.activeDeadlineSeconds`, 'activeDeadlineSeconds in ReplicaSet is not Supported'),
    );
  }
  return errors;
}

function validateStrategy(strategy: DeploymentStrategy | undefined, path: string): FieldErrors {
  const { type = '', rollingUpdate } = strategy ?? {};
  switch (type) {
    case 'Recreate':
      return rollingUpdate === undefined
        ? []
        : [forbiddenField(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
    case 'RollingUpdate': {
      const at = `${path}.rollingUpdate`;
      if (rollingUpdate === undefined) {
        return [required(at, 'this should be defaulted and never be nil')];
      }
      const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
      const errors = [
        ...validatePositiveIntOrPercent(maxUnavailable, `${at}.maxUnavailable`),
        ...validatePositiveIntOrPercent(maxSurge, `${at}.maxSurge`),
      ];
      if (isZero(maxUnavailable) && isZero(maxSurge)) {
        errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
      }
      if ((percentOf(maxUnavailable) ?? 0) > 100) {
        errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%'));
      }
      return errors;
    }
    case '':
      return [required(path)];
    default:
      return [notSupported(`${path}.type`, type, ['Recreate', 'RollingUpdate'])];
  }
}

function isZero(value: IntOrString): boolean {
  return (typeof value === 'number' ? value : percentOf(value)) === 0;
}

export function validatePositiveIntOrPercent(value: IntOrString, path: string): FieldErrors {
  if (typeof value === 'string') return complaints(path, value, percent(value));
  return value < 0 ? [invalid(path, value, NOT_NEGATIVE)] : [];
}

export function validateReplicaSet(replicaSet: ReplicaSet): FieldErrors {
  return [...validateObjectMeta(REPLICA_SET, replicaSet), ...validateReplicaSetSpec(replicaSet)];
}

export function validateReplicaSetUpdate(next: ReplicaSet, old: ReplicaSet): FieldErrors {
  return [
    ...validateObjectMetaUpdate(next, old),
    ...validateReplicaSetSpec(next),
    ...validateSelectorUpdate(next.spec.selector, old.spec.selector),
  ];
}

function validateReplicaSetSpec({ spec }: ReplicaSet): FieldErrors {
  return [
    ...notNegative('spec.replicas', spec.replicas),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...validateSelectorAndTemplate(spec.selector, spec.template ?? { spec: { containers: [] } }),
  ];
}

function validateSelectorUpdate(next: LabelSelector | undefined, old: LabelSelector | undefined): FieldErrors {
  return deepEqual(next, old) ? [] : [invalid('spec.selector', next, IMMUTABLE)];
}

/** Status counts of both kinds never go below zero. */
export function validateCounts(status: object | undefined, names: readonly string[]): FieldErrors {
  const counts = (status ?? {}) as Readonly<Record<string, number | undefined>>;
  return names.flatMap((name) => notNegative(`status.${name}`, counts[name]));
}

export function validateScale(scale: Scale): FieldErrors {
  return notNegative('spec.replicas', scale.spec.replicas);
}
