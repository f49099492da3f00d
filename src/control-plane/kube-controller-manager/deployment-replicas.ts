// Models pkg/controller/deployment/util: what a Deployment and its ReplicaSets say of one another.
import { resolveFenceposts } from '../../api/int-or-string.ts';
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../api/types.gen.ts';
import { deepEqual } from '../../lib/json.ts';
import { compareStrings, sortedKeys } from '../../lib/order.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
export const POD_TEMPLATE_HASH = 'pod-template-hash';
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);
const MAX_REVISION_HISTORY_CHARS = 2000;

export const isRolling = (d: Deployment): boolean => d.spec.strategy?.type === 'RollingUpdate';
export const replicasOf = (object: Deployment | ReplicaSet): number => object.spec.replicas ?? 0;
export const sumReplicas = (sets: readonly ReplicaSet[]): number => sum(sets, replicasOf);
export const sumActual = (sets: readonly ReplicaSet[]): number => sum(sets, (rs) => rs.status?.replicas ?? 0);
export const sumReady = (sets: readonly ReplicaSet[]): number => sum(sets, (rs) => rs.status?.readyReplicas ?? 0);
export const sumAvailable = (sets: readonly ReplicaSet[]): number =>
  sum(sets, (rs) => rs.status?.availableReplicas ?? 0);
export const sumTerminating = (sets: readonly ReplicaSet[]): number =>
  sum(sets, (rs) => rs.status?.terminatingReplicas ?? 0);

function sum(sets: readonly ReplicaSet[], of: (rs: ReplicaSet) => number): number {
  return sets.reduce((total, rs) => total + of(rs), 0);
}

export function maxSurge(d: Deployment): number {
  return isRolling(d) ? fenceposts(d).surge : 0;
}

export function maxUnavailable(d: Deployment): number {
  if (!isRolling(d) || replicasOf(d) === 0) return 0;
  return Math.min(fenceposts(d).unavailable, replicasOf(d));
}

function fenceposts(d: Deployment): { readonly surge: number; readonly unavailable: number } {
  const { maxSurge: surge = 0, maxUnavailable: unavailable = 0 } = d.spec.strategy?.rollingUpdate ?? {};
  return resolveFenceposts(surge, unavailable, replicasOf(d));
}

export function revisionOf(rs: ReplicaSet): number {
  const text = rs.metadata.annotations?.[REVISION] ?? '0';
  return /^\d+$/.test(text) ? Number(text) : 0;
}

export function byCreation(sets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  return [...sets].sort((a, b) => compareCreation(a, b));
}

export function compareCreation(a: ReplicaSet, b: ReplicaSet): number {
  const order = compareStrings(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '');
  return order !== 0 ? order : compareStrings(a.metadata.name, b.metadata.name);
}

/** The ReplicaSet whose template is the Deployment's; the oldest, should there be several. */
export function findNew(d: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return byCreation(sets).find((rs) => sameTemplate(rs.spec.template, d.spec.template));
}

/** Equal but for the hash that the controller adds. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec): boolean {
  if (a === undefined) return false;
  return deepEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [POD_TEMPLATE_HASH]: _hash, ...labels } = template.metadata?.labels ?? {};
  const { creationTimestamp: _unset, ...metadata } = template.metadata ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}

type Annotations = Readonly<Record<string, string>>;

/** The annotations that the new ReplicaSet of a revision should have. */
export function annotationsOfNew(d: Deployment, existing: Annotations | undefined, revision: number): Annotations {
  const annotations: Record<string, string> = { ...existing };
  for (const name of sortedKeys(d.metadata.annotations ?? {})) {
    const value = d.metadata.annotations?.[name];
    if (!NOT_COPIED.has(name) && value !== undefined) annotations[name] = value;
  }
  const old = existing?.[REVISION];
  if (Number(old ?? '0') >= revision) return annotations;
  annotations[REVISION] = String(revision);
  // Rolled back to: the revisions that it had before stay known.
  if (old !== undefined) annotations[REVISION_HISTORY] = appendRevision(existing?.[REVISION_HISTORY] ?? '', old);
  return annotations;
}

function appendRevision(history: string, revision: string): string {
  const revisions = history === '' ? [] : history.split(',');
  revisions.push(revision);
  while (revisions.join(',').length > MAX_REVISION_HISTORY_CHARS) revisions.shift();
  return revisions.join(',');
}

export function withReplicasAnnotations(d: Deployment, annotations: Annotations | undefined): Annotations {
  return {
    ...annotations,
    [DESIRED_REPLICAS]: String(replicasOf(d)),
    [MAX_REPLICAS]: String(replicasOf(d) + maxSurge(d)),
  };
}

/** How many replicas the new ReplicaSet may have now. */
export function newReplicas(d: Deployment, all: readonly ReplicaSet[], newRs: ReplicaSet | undefined): number {
  const own = newRs === undefined ? 0 : replicasOf(newRs);
  if (!isRolling(d)) return replicasOf(d);
  const total = sumReplicas(all);
  const limit = replicasOf(d) + maxSurge(d);
  return total >= limit ? own : own + Math.min(limit - total, replicasOf(d) - own);
}

/** Whether the Deployment was scaled since its ReplicaSets were: each remembers what was desired then. */
export function isScaling(d: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.some((rs) => {
    const desired = rs.metadata.annotations?.[DESIRED_REPLICAS];
    return replicasOf(rs) > 0 && desired !== undefined && Number(desired) !== replicasOf(d);
  });
}

/** Whether the new ReplicaSet alone carries the Deployment. */
export function isSaturated(d: Deployment, rs: ReplicaSet | undefined): boolean {
  if (rs === undefined) return false;
  const desired = Number(rs.metadata.annotations?.[DESIRED_REPLICAS] ?? NaN);
  return (
    replicasOf(rs) === replicasOf(d) &&
    desired === replicasOf(d) &&
    (rs.status?.availableReplicas ?? 0) === replicasOf(d)
  );
}

/** A ReplicaSet's part of what is added or taken away when the Deployment is scaled in the middle of a rollout. */
export function proportion(rs: ReplicaSet, d: Deployment, toAdd: number, added: number): number {
  if (replicasOf(rs) === 0 || toAdd === 0 || toAdd === added) return 0;
  const fraction = fractionOf(rs, d);
  const allowed = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}

function fractionOf(rs: ReplicaSet, d: Deployment): number {
  if (replicasOf(d) === 0) return -replicasOf(rs);
  const annotated = Number(rs.metadata.annotations?.[MAX_REPLICAS] ?? '0');
  const before = annotated === 0 ? (d.status?.replicas ?? 0) : annotated;
  if (before === 0) return 0;
  const size = replicasOf(rs) * (replicasOf(d) + maxSurge(d));
  // Rounds half up, in integers.
  return Math.floor((2 * size + before) / (2 * before)) - replicasOf(rs);
}
