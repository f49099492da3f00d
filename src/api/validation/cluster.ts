// Models the rules for namespaces, nodes, priority classes, leases and events.
import { deepEqual } from '../../lib/json.ts';
import { LEASE } from '../kinds/lease.ts';
import { NAMESPACE } from '../kinds/namespace.ts';
import { NODE } from '../kinds/node.ts';
import { PRIORITY_CLASS } from '../kinds/priority-class.ts';
import { labelValue, qualifiedName } from '../names.ts';
import type { Event, EventsV1Event, Lease, Namespace, Node, PriorityClass, Taint } from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import {
  complaints,
  duplicate,
  forbiddenField,
  IMMUTABLE,
  invalid,
  notNegative,
  notSupported,
  required,
} from './field.ts';
import { isCidr } from './ip.ts';
import { standardFinalizer, validateObjectMeta, validateObjectMetaUpdate } from './metadata.ts';
import { validateTaintEffect } from './scheduling.ts';

export function validateNamespace(namespace: Namespace): FieldErrors {
  return [...validateObjectMeta(NAMESPACE, namespace), ...validateSpecFinalizers(namespace)];
}

export function validateNamespaceUpdate(next: Namespace, old: Namespace): FieldErrors {
  return validateObjectMetaUpdate(next, old);
}

export function validateSpecFinalizers(namespace: Namespace): FieldErrors {
  return (namespace.spec.finalizers ?? []).flatMap((finalizer) => {
    const problems = complaints('spec.finalizers', finalizer, qualifiedName(finalizer));
    return problems.length > 0 ? problems : standardFinalizer('spec.finalizers', finalizer);
  });
}

/** A namespace that is being deleted says so, and only then. */
export function validateNamespaceStatus(next: Namespace, old: Namespace): FieldErrors {
  const errors = validateObjectMetaUpdate(next, old);
  const phase = next.status?.phase ?? '';
  if (next.metadata.deletionTimestamp === undefined) {
    if (phase !== 'Active') {
      errors.push(invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty"));
    }
  } else if (phase !== 'Terminating') {
    errors.push(invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty"));
  }
  return errors;
}

export function validateNode(node: Node): FieldErrors {
  const errors = validateObjectMeta(NODE, node);
  errors.push(...validateTaints(node.spec.taints ?? []));
  (node.spec.podCIDRs ?? []).forEach((cidr, i) => {
    if (!isCidr(cidr)) {
      errors.push(
        invalid(`spec.podCIDRs[${i}]`, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'),
      );
    }
  });
  return errors;
}

function validateTaints(taints: readonly Taint[]): FieldErrors {
  const errors: FieldErrors = [];
  const seen = new Set<string>();
  taints.forEach((taint, i) => {
    const at = `metadata.taints[${i}]`;
    errors.push(...complaints(`${at}.key`, taint.key, qualifiedName(taint.key)));
    errors.push(...complaints(`${at}.value`, taint.value ?? '', labelValue(taint.value ?? '')));
    errors.push(...validateTaintEffect(taint.effect, `${at}.effect`));
    const id = `${taint.key}:${taint.effect}`;
    if (seen.has(id)) {
      const dump = {
        Key: taint.key,
        Value: taint.value ?? '',
        Effect: taint.effect,
        TimeAdded: taint.timeAdded ?? null,
      };
      errors.push({
        ...duplicate(at, dump),
        message: `${duplicate(at, dump).message}: taints must be unique by key and effect pair`,
      });
    }
    seen.add(id);
  });
  return errors;
}

export function validateNodeUpdate(next: Node, old: Node): FieldErrors {
  const errors = [
    ...validateNode(next),
    ...validateObjectMetaUpdate(next, old),
    ...validateTaints(next.spec.taints ?? []),
  ];
  const before = old.spec.podCIDRs ?? [];
  if (before.length > 0 && !deepEqual(before, next.spec.podCIDRs ?? [])) {
    errors.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  const provider = old.spec.providerID ?? '';
  if (provider !== '' && provider !== next.spec.providerID) {
    errors.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}

const MAX_USER_PRIORITY = 1_000_000_000;
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

export function validatePriorityClass(priorityClass: PriorityClass): FieldErrors {
  const errors = validateObjectMeta(PRIORITY_CLASS, priorityClass);
  const name = priorityClass.metadata.name ?? '';
  if (name.startsWith('system-')) {
    const known = SYSTEM_PRIORITIES[name];
    const cause =
      known === undefined
        ? `${name} is not a known system priority class`
        : known !== priorityClass.value
          ? `value of ${name} PriorityClass must be ${known}`
          : undefined;
    if (cause !== undefined) {
      errors.push(
        forbiddenField(
          'metadata.name',
          `priority class names with 'system-' prefix are reserved for system use only. error: ${cause}`,
        ),
      );
    }
  } else if ((priorityClass.value ?? 0) > MAX_USER_PRIORITY) {
    errors.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${MAX_USER_PRIORITY}`));
  }
  const policy = priorityClass.preemptionPolicy;
  if (policy !== 'PreemptLowerPriority' && policy !== 'Never') {
    errors.push(notSupported('preemptionPolicy', policy ?? '', ['Never', 'PreemptLowerPriority']));
  }
  return errors;
}

export function validatePriorityClassUpdate(next: PriorityClass, old: PriorityClass): FieldErrors {
  const errors = validateObjectMetaUpdate(next, old);
  if (next.value !== old.value) errors.push(forbiddenField('value', 'may not be changed in an update.'));
  if (next.preemptionPolicy !== old.preemptionPolicy) {
    errors.push(invalid('preemptionPolicy', next.preemptionPolicy, IMMUTABLE));
  }
  return errors;
}

function validateLeaseSpec(lease: Lease): FieldErrors {
  const { leaseDurationSeconds, leaseTransitions, holderIdentity } = lease.spec ?? {};
  const errors: FieldErrors = [];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  }
  errors.push(...notNegative('spec.leaseTransitions', leaseTransitions));
  if (lease.spec?.strategy !== undefined && holderIdentity === '') {
    errors.push(invalid('spec.holderIdentity', holderIdentity, 'must not be empty'));
  }
  return errors;
}

export function validateLease(lease: Lease): FieldErrors {
  return [...validateObjectMeta(LEASE, lease), ...validateLeaseSpec(lease)];
}

export function validateLeaseUpdate(next: Lease, old: Lease): FieldErrors {
  return [...validateObjectMetaUpdate(next, old), ...validateLeaseSpec(next)];
}

/** Events of objects without a namespace live in the default one. */
export function validateEventNamespace(namespace: string | undefined, involved: string | undefined): FieldErrors {
  const path = 'involvedObject.namespace';
  if ((involved ?? '') === '') {
    return namespace === 'default' || namespace === 'kube-system'
      ? []
      : [invalid(path, involved ?? '', 'does not match event.namespace')];
  }
  return involved === namespace ? [] : [invalid(path, involved, 'does not match event.namespace')];
}

export function validateEvent(event: Event): FieldErrors {
  const errors = validateEventNamespace(event.metadata.namespace, event.involvedObject.namespace);
  const namespace = event.metadata.namespace ?? '';
  return namespace === '' ? [required('metadata.namespace'), ...errors] : errors;
}

const EVENT_TYPES = ['Normal', 'Warning'];

/** The newer API asks for more. */
export function validateEventsV1(event: EventsV1Event): FieldErrors {
  const errors: FieldErrors = [];
  if ((event.eventTime ?? '') === '') errors.push(required('eventTime'));
  if ((event.reportingController ?? '') === '') errors.push(required('reportingController'));
  else
    errors.push(
      ...complaints('reportingController', event.reportingController, qualifiedName(event.reportingController ?? '')),
    );
  if ((event.reportingInstance ?? '') === '') errors.push(required('reportingInstance'));
  if ((event.action ?? '') === '') errors.push(required('action'));
  if ((event.reason ?? '') === '') errors.push(required('reason'));
  if (!EVENT_TYPES.includes(event.type ?? '')) errors.push(invalid('type', event.type ?? '', 'has invalid value: '));
  return errors;
}
