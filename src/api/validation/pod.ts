// Models ValidatePodCreate, ValidatePodUpdate and ValidatePodStatusUpdate of pkg/apis/core/validation.
import { deepEqual } from '../../lib/json.ts';
import { dns1123Subdomain } from '../names.ts';
import type { Container, Pod, PodSpec, Toleration } from '../types.gen.ts';
import { POD } from '../kinds/pod.ts';
import type { FieldErrors } from './field.ts';
import { complaints, forbiddenField, invalid } from './field.ts';
import { dumpPodSpec } from './go-dump.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './metadata.ts';
import { validatePodSpec } from './pod-spec.ts';
import { unifiedDiff } from './unified-diff.ts';

export function validatePodCreate(pod: Pod): FieldErrors {
  const errors = [
    ...validateObjectMeta(POD, pod),
    ...validatePodAnnotations(pod),
    ...validatePodSpec(pod.spec, 'spec'),
  ];
  if ((pod.spec.ephemeralContainers ?? []).length > 0) {
    errors.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if ((pod.spec.schedulingGates ?? []).length > 0 && (pod.spec.nodeName ?? '') !== '') {
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return errors;
}

const MIRROR = 'kubernetes.io/config.mirror';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

function validatePodAnnotations(pod: Pod): FieldErrors {
  const annotations = pod.metadata.annotations ?? {};
  const errors: FieldErrors = [];
  const mirror = annotations[MIRROR];
  if (mirror !== undefined && (pod.spec.nodeName ?? '') === '') {
    errors.push(
      invalid(`metadata.annotations[${MIRROR}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set'),
    );
  }
  const cost = annotations[DELETION_COST];
  if (cost !== undefined && !(/^(0|-?[1-9]\d*)$/.test(cost) && Math.abs(Number(cost)) <= 2_147_483_647)) {
    errors.push(invalid(`metadata.annotations[${DELETION_COST}]`, cost, 'must be a 32bit integer'));
  }
  return errors;
}

/** A static pod stays one, and nothing else becomes one. */
function validateMirrorUpdate(next: Pod, old: Pod): FieldErrors {
  const after = next.metadata.annotations?.[MIRROR];
  const before = old.metadata.annotations?.[MIRROR];
  if (after === before) return [];
  const path = `metadata.annotations[${MIRROR}]`;
  return [
    forbiddenField(
      path,
      before === undefined ? 'may not add mirror pod annotation' : 'may not remove or update mirror pod annotation',
    ),
  ];
}

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

export function validatePodUpdate(next: Pod, old: Pod): FieldErrors {
  const errors = [
    ...validateObjectMetaUpdate(next, old),
    ...validateObjectMeta(POD, next),
    ...validatePodAnnotations(next),
    ...validateMirrorUpdate(next, old),
    ...validatePodSpec(next.spec, 'spec'),
  ];
  for (const key of ['containers', 'initContainers'] as const) {
    if ((next.spec[key] ?? []).length === (old.spec[key] ?? []).length) continue;
    errors.push(forbiddenField(`spec.${key}`, 'pod updates may not add or remove containers'));
    return errors;
  }
  errors.push(...validateDeadline(next.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds));
  errors.push(...validateGatesUpdate(next.spec, old.spec));
  if (deepEqual(next.spec, old.spec)) return errors;
  errors.push(...validateAddedTolerations(next.spec.tolerations ?? [], old.spec.tolerations ?? []));
  const munged = withoutUpdatable(next.spec, old.spec);
  if (!deepEqual(munged, old.spec)) {
    const diff = unifiedDiff(
      JSON.stringify(dumpPodSpec({ ...old.spec }), undefined, 1),
      JSON.stringify(dumpPodSpec({ ...munged }), undefined, 1),
    );
    errors.push(forbiddenField('spec', `pod updates may not change fields other than ${UPDATABLE}\n${diff}`));
  }
  return errors;
}

const MAX_INT32 = 2_147_483_647;

function validateDeadline(next: number | undefined, old: number | undefined): FieldErrors {
  const path = 'spec.activeDeadlineSeconds';
  if (next === undefined) {
    return old === undefined ? [] : [invalid(path, next, 'must not update from a positive integer to nil value')];
  }
  if (next < 0 || next > MAX_INT32) return [invalid(path, next, 'must be between 0 and 2147483647, inclusive')];
  return old !== undefined && next > old ? [invalid(path, next, 'must be less than or equal to previous value')] : [];
}

function validateGatesUpdate(next: PodSpec, old: PodSpec): FieldErrors {
  const known = new Set((old.schedulingGates ?? []).map((gate) => gate.name));
  return (next.schedulingGates ?? []).flatMap((gate, i) =>
    known.has(gate.name)
      ? []
      : [
          forbiddenField(
            `spec.schedulingGates[${i}].name`,
            `only deletion is allowed, but found new scheduling gate '${gate.name}'`,
          ),
        ],
  );
}

function validateAddedTolerations(next: readonly Toleration[], old: readonly Toleration[]): FieldErrors {
  const same = (a: Toleration, b: Toleration): boolean =>
    deepEqual({ ...a, tolerationSeconds: undefined }, { ...b, tolerationSeconds: undefined });
  return old.every((before) => next.some((after) => same(before, after)))
    ? []
    : [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

/** The new spec with everything that may change put back: what is left to differ may not. */
function withoutUpdatable(next: PodSpec, old: PodSpec): PodSpec {
  const images = (
    containers: readonly Container[] | undefined,
    before: readonly Container[] | undefined,
  ): Container[] =>
    (containers ?? []).map((container, i) => ({ ...container, image: before?.[i]?.image ?? container.image ?? '' }));
  const shortened = (old.terminationGracePeriodSeconds ?? 0) < 0 && next.terminationGracePeriodSeconds === 1;
  const munged: Record<string, unknown> = {
    ...next,
    containers: images(next.containers, old.containers),
    ...(next.initContainers === undefined ? {} : { initContainers: images(next.initContainers, old.initContainers) }),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
    ...(shortened ? { terminationGracePeriodSeconds: old.terminationGracePeriodSeconds } : {}),
  };
  if ((old.schedulingGates ?? []).length > 0) {
    const kept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => next.nodeSelector?.[key] === value);
    if (kept) munged['nodeSelector'] = old.nodeSelector;
  }
  for (const key of Object.keys(munged)) if (munged[key] === undefined) delete munged[key];
  return munged as unknown as PodSpec;
}

export function validatePodStatusUpdate(next: Pod, old: Pod): FieldErrors {
  const errors = validateObjectMetaUpdate(next, old);
  const nominated = next.status?.nominatedNodeName ?? '';
  if (nominated !== '') errors.push(...complaints('status.nominatedNodeName', nominated, dns1123Subdomain(nominated)));
  if ((old.spec.nodeName ?? '') !== '' && (next.spec.nodeName ?? '') !== old.spec.nodeName) {
    errors.push(forbiddenField('status.nodeName', 'may not be changed directly'));
  }
  return errors;
}

/** Containers may be added to look into a pod; those that are there stay as they are. */
export function validateEphemeralContainersUpdate(next: Pod, old: Pod): FieldErrors {
  const errors = [...validateObjectMetaUpdate(next, old), ...validatePodSpec(next.spec, 'spec')];
  for (const before of old.spec.ephemeralContainers ?? []) {
    const after = (next.spec.ephemeralContainers ?? []).find((container) => container.name === before.name);
    if (after === undefined) {
      errors.push(
        forbiddenField(
          'spec.ephemeralContainers',
          `existing ephemeral containers ${JSON.stringify(before.name)} may not be removed\n`,
        ),
      );
    } else if (!deepEqual(after, before)) {
      errors.push(
        forbiddenField(
          'spec.ephemeralContainers',
          `existing ephemeral containers ${JSON.stringify(before.name)} may not be changed\n`,
        ),
      );
    }
  }
  return errors;
}

/** The resize subresource changes resources of containers and nothing else. */
export function validatePodResize(next: Pod, old: Pod): FieldErrors {
  const errors = [...validateObjectMetaUpdate(next, old), ...validatePodSpec(next.spec, 'spec')];
  const bare = (spec: PodSpec): PodSpec => ({
    ...spec,
    containers: spec.containers.map((container) => ({ ...container, resources: {} })),
  });
  if (!deepEqual(bare(next.spec), bare(old.spec))) {
    errors.push(forbiddenField('spec', 'only cpu and memory resources are mutable'));
  }
  return errors;
}
