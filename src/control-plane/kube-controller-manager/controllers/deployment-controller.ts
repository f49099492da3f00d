// Models pkg/controller/deployment.
import { conditionOf } from '../../../api/conditions.ts';
import { podTemplateHash } from '../../../api/hash.ts';
import { controllerOf, controllerReference, isControlledBy } from '../../../api/owner-references.ts';
import { isPodTerminal } from '../../../api/pods.ts';
import { labelSelector } from '../../../api/selector.ts';
import type { Deployment, ReplicaSet } from '../../../api/types.gen.ts';
import type { ApiError } from '../../../client/client.ts';
import { Deployments, Pods, ReplicaSets } from '../../../client/resources.ts';
import { deepEqual } from '../../../lib/json.ts';
import { sortBy } from '../../../lib/order.ts';
import type { Micros } from '../../../sim/env.ts';
import { adopters, claim } from '../adoption.ts';
import type { Cache } from '../cache.ts';
import { NOTHING, updateStatus } from '../controller.ts';
import type { Plan, Request, Write } from '../controller.ts';
import {
  POD_TEMPLATE_HASH,
  REVISION,
  annotationsOfNew,
  byCreation,
  compareCreation,
  findNew,
  isRolling,
  isSaturated,
  isScaling,
  maxSurge,
  maxUnavailable,
  newReplicas,
  proportion,
  replicasOf,
  revisionOf,
  sameTemplate,
  sumActual,
  sumAvailable,
  sumReplicas,
  withReplicasAnnotations,
} from '../deployment-replicas.ts';
import {
  hasDeadline,
  isComplete,
  newCondition,
  setCondition,
  syncRolloutStatus,
  syncStatusOnly,
} from '../deployment-status.ts';
import type { Sets } from '../deployment-status.ts';
import { isGone, isNamespaceTerminating } from '../refusals.ts';
import { controller } from '../run-controller.ts';

const UNLIMITED_HISTORY = 2_147_483_647;

export const deploymentController = controller({
  name: 'deployment-controller',
  reconciles: Deployments,
  owns: [ReplicaSets],
  watches: [
    {
      resource: ReplicaSets,
      keys: (rs, _old, cache) => adopters(cache, Deployments, (d) => labelSelector(d.spec.selector), rs),
    },
    { resource: Pods, keys: (pod, old, cache) => (pod === undefined ? recreatesWithout(old, cache) : []) },
  ],
  reconcile: reconcileDeployment,
});

/** A Deployment that recreates waits until the last old pod is gone. */
function recreatesWithout(pod: Parameters<typeof controllerOf>[0] | undefined, cache: Cache): readonly string[] {
  const owner = pod === undefined ? undefined : controllerOf(pod);
  if (owner?.kind !== 'ReplicaSet') return [];
  const namespace = pod?.metadata.namespace ?? '';
  const rs = cache.get(ReplicaSets, `${namespace}/${owner.name}`);
  const deployment = rs === undefined ? undefined : controllerOf(rs);
  return deployment === undefined ? [] : [`${namespace}/${deployment.name}`];
}

/**
 * One step towards the wanted state. A step that writes ends the plan: the next is planned once the cache shows it,
 * so each step may rely on what it reads.
 */
export function reconcileDeployment({ object: d, cache, now }: Request<Deployment, undefined>): Plan {
  if (d === undefined) return NOTHING;
  if (Object.keys(d.spec.selector).length === 0) {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    return { writes: [{ do: 'event', about: d, type: 'Warning', reason: 'SelectingAll', message }] };
  }
  const { claimed, writes } = claim(cache, d, labelSelector(d.spec.selector), ReplicaSets);
  if (writes.length > 0) return { writes };
  const newRs = findNew(d, claimed);
  const sets: Sets = { all: claimed, newRs, old: claimed.filter((rs) => rs !== newRs) };
  if (d.metadata.deletionTimestamp !== undefined) return syncStatusOnly(d, sets, now);
  const paused = pausedCondition(d, now);
  if (paused !== undefined) return paused;
  if (d.spec.paused === true || isScaling(d, claimed)) return sync(d, sets, now);
  return isRolling(d) ? rollingUpdate(d, sets, now) : recreate(d, sets, cache, now);
}

function pausedCondition(d: Deployment, now: Micros): Plan | undefined {
  if (!hasDeadline(d)) return undefined;
  const current = conditionOf(d.status?.conditions, 'Progressing');
  if (current?.reason === 'ProgressDeadlineExceeded') return undefined;
  const known = current?.reason === 'DeploymentPaused';
  const paused = d.spec.paused === true;
  if (paused === known) return undefined;
  const condition = paused
    ? newCondition(now, 'Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused')
    : newCondition(now, 'Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
  return first([statusWithCondition(d, condition)]);
}

/** Scaled or paused: sizes change, templates do not. */
function sync(d: Deployment, sets: Sets, now: Micros): Plan {
  const revision = syncRevision(d, sets, now);
  if (revision !== undefined) return revision;
  const scaling = scale(d, sets);
  if (scaling.length > 0) return first(scaling);
  if (d.spec.paused === true) {
    const cleanup = cleanUp(d, sets.old);
    if (cleanup.length > 0) return first(cleanup);
  }
  return syncStatusOnly(d, sets, now);
}

function rollingUpdate(d: Deployment, sets: Sets, now: Micros): Plan {
  const revision = syncRevision(d, sets, now) ?? createNew(d, sets, now);
  if (revision !== undefined) return revision;
  const scaling = [...scaleNew(d, sets)];
  if (scaling.length === 0) scaling.push(...scaleOld(d, sets));
  if (scaling.length > 0) return first(scaling);
  return finish(d, sets, now);
}

function recreate(d: Deployment, sets: Sets, cache: Cache, now: Micros): Plan {
  const revision = syncRevision(d, sets, now);
  if (revision !== undefined) return revision;
  const scaledDown = sets.old.filter((rs) => replicasOf(rs) > 0).map((rs) => scaleTo(d, rs, 0));
  if (scaledDown.length > 0) return first(scaledDown);
  if (oldPodsRunning(sets, cache)) return syncRolloutStatus(d, sets, now);
  const created = createNew(d, sets, now);
  if (created !== undefined) return created;
  const scaledUp = scaleNew(d, sets);
  if (scaledUp.length > 0) return first(scaledUp);
  return finish(d, sets, now);
}

function finish(d: Deployment, sets: Sets, now: Micros): Plan {
  if (isComplete(d, d.status)) {
    const cleanup = cleanUp(d, sets.old);
    if (cleanup.length > 0) return first(cleanup);
  }
  return syncRolloutStatus(d, sets, now);
}

function first(writes: readonly Write[]): Plan {
  return { writes };
}

function oldPodsRunning({ old }: Sets, cache: Cache): boolean {
  if (sumActual(old) > 0) return true;
  return old.some((rs) => cache.controlledBy(Pods, rs.metadata.uid ?? '').some((pod) => !isPodTerminal(pod)));
}

function statusWithCondition(d: Deployment, condition: Parameters<typeof setCondition>[1], revision?: number): Write {
  const conditions = setCondition(d.status?.conditions ?? [], condition);
  return updateStatus(Deployments, { ...withRevision(d, revision), status: { ...d.status, conditions } });
}

function withRevision(d: Deployment, revision: number | undefined): Deployment {
  if (revision === undefined) return d;
  const annotations = { ...d.metadata.annotations, [REVISION]: String(revision) };
  return { ...d, metadata: { ...d.metadata, annotations } };
}

function nextRevision(old: readonly ReplicaSet[]): number {
  return old.reduce((max, rs) => Math.max(max, revisionOf(rs)), 0) + 1;
}

/** The existing new ReplicaSet gets the latest revision, and the Deployment says so. */
function syncRevision(d: Deployment, { newRs, old }: Sets, now: Micros): Plan | undefined {
  if (newRs === undefined) return undefined;
  const annotations = annotationsOfNew(d, newRs.metadata.annotations, nextRevision(old));
  const minReadySeconds = d.spec.minReadySeconds ?? 0;
  if (
    !deepEqual(annotations, newRs.metadata.annotations ?? {}) ||
    (newRs.spec.minReadySeconds ?? 0) !== minReadySeconds
  ) {
    const object: ReplicaSet = {
      ...newRs,
      metadata: { ...newRs.metadata, annotations },
      spec: { ...newRs.spec, minReadySeconds },
    };
    return first([{ do: 'update', resource: ReplicaSets, object }]);
  }
  const revision = revisionOf(newRs);
  const stale = d.metadata.annotations?.[REVISION] !== String(revision);
  const unjudged = hasDeadline(d) && conditionOf(d.status?.conditions, 'Progressing') === undefined;
  if (unjudged) {
    const message = `Found new replica set "${newRs.metadata.name}"`;
    const condition = newCondition(now, 'Progressing', 'True', 'FoundNewReplicaSet', message);
    return first([statusWithCondition(d, condition, revision)]);
  }
  return stale ? first([updateStatus(Deployments, withRevision(d, revision))]) : undefined;
}

function createNew(d: Deployment, sets: Sets, now: Micros): Plan | undefined {
  if (sets.newRs !== undefined) return undefined;
  const revision = nextRevision(sets.old);
  const rs = newReplicaSet(d, sets, revision);
  const { name } = rs.metadata;
  const progressing = (status: string, reason: string, message: string): readonly Write[] =>
    hasDeadline(d)
      ? [
          statusWithCondition(
            d,
            newCondition(now, 'Progressing', status, reason, message),
            status === 'True' ? revision : undefined,
          ),
        ]
      : [];
  const create: Write = {
    do: 'create',
    resource: ReplicaSets,
    object: rs,
    accepts: isNamespaceTerminating,
    done: () => [
      ...(replicasOf(rs) > 0 ? [scalingEvent(d, `Scaled up replica set ${name} from 0 to ${replicasOf(rs)}`)] : []),
      ...(hasDeadline(d)
        ? progressing('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`)
        : [updateStatus(Deployments, withRevision(d, revision))]),
    ],
    refused(error) {
      if (error.reason === 'AlreadyExists') return collision(d, sets);
      const message = `Failed to create new replica set "${name}": ${error.message}`;
      return [
        { do: 'event', about: d, type: 'Warning', reason: 'ReplicaSetCreateError', message },
        ...progressing('False', 'ReplicaSetCreateError', message),
      ];
    },
  };
  return first([create]);
}

/** Another template has the same hash: it is salted with a higher count. A ReplicaSet of ours that the cache does not show yet is no collision. */
function collision(d: Deployment, { all }: Sets): readonly Write[] {
  const name = `${d.metadata.name}-${podTemplateHash(d.spec.template, d.status?.collisionCount)}`;
  const known = all.find((rs) => rs.metadata.name === name);
  if (known !== undefined && isControlledBy(known, d) && sameTemplate(known.spec.template, d.spec.template)) return [];
  const collisionCount = (d.status?.collisionCount ?? 0) + 1;
  return [updateStatus(Deployments, { ...d, status: { ...d.status, collisionCount } })];
}

function newReplicaSet(d: Deployment, sets: Sets, revision: number): ReplicaSet {
  const hash = podTemplateHash(d.spec.template, d.status?.collisionCount);
  const { metadata, spec } = d.spec.template;
  const labels = { ...metadata?.labels, [POD_TEMPLATE_HASH]: hash };
  const { selector } = d.spec;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${d.metadata.name}-${hash}`,
      ...(d.metadata.namespace === undefined ? {} : { namespace: d.metadata.namespace }),
      ownerReferences: [controllerReference(d)],
      labels,
      annotations: withReplicasAnnotations(d, annotationsOfNew(d, undefined, revision)),
    },
    spec: {
      replicas: newReplicas(d, sets.old, undefined),
      minReadySeconds: d.spec.minReadySeconds ?? 0,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [POD_TEMPLATE_HASH]: hash } },
      template: { metadata: { ...metadata, labels }, spec },
    },
  };
}

function scaleNew(d: Deployment, { all, newRs }: Sets): readonly Write[] {
  if (newRs === undefined || replicasOf(newRs) === replicasOf(d)) return [];
  const size = replicasOf(newRs) > replicasOf(d) ? replicasOf(d) : newReplicas(d, all, newRs);
  return size === replicasOf(newRs) ? [] : [scaleTo(d, newRs, size)];
}

/** First what is not healthy anyway, then as much of the rest as availability allows. */
function scaleOld(d: Deployment, { all, newRs, old }: Sets): readonly Write[] {
  const minAvailable = replicasOf(d) - maxUnavailable(d);
  const newUnavailable = newRs === undefined ? 0 : replicasOf(newRs) - (newRs.status?.availableReplicas ?? 0);
  const maxScaledDown = sumReplicas(all) - minAvailable - newUnavailable;
  if (sumReplicas(old) === 0 || maxScaledDown <= 0) return [];
  const sizes = new Map<ReplicaSet, number[]>();
  const sizeOf = (rs: ReplicaSet): number => sizes.get(rs)?.at(-1) ?? replicasOf(rs);
  const resize = (rs: ReplicaSet, size: number): void => void sizes.set(rs, [...(sizes.get(rs) ?? []), size]);
  const sorted = byCreation(old);
  let left = maxScaledDown;
  for (const rs of sorted) {
    const unhealthy = Math.min(left, replicasOf(rs) - (rs.status?.availableReplicas ?? 0));
    if (replicasOf(rs) === 0 || unhealthy <= 0) continue;
    resize(rs, replicasOf(rs) - unhealthy);
    left -= unhealthy;
  }
  let spare = sumAvailable(all) - minAvailable;
  for (const rs of sorted) {
    const surplus = Math.min(sizeOf(rs), spare);
    if (surplus <= 0) continue;
    resize(rs, sizeOf(rs) - surplus);
    spare -= surplus;
  }
  return sorted.flatMap((rs) => {
    const steps = sizes.get(rs);
    return steps === undefined ? [] : [scaleThrough(d, rs, steps)];
  });
}

/** Models the proportional scaling of sync.go: a rollout in the middle keeps its shape. */
function scale(d: Deployment, { all, newRs, old }: Sets): readonly Write[] {
  const active = all.filter((rs) => replicasOf(rs) > 0);
  const [only] = active.length === 1 ? active : active.length === 0 ? [newRs ?? byCreation(old).at(-1)] : [];
  if (only !== undefined)
    return replicasOf(only) === replicasOf(d) ? refreshed(d, only) : [scaleTo(d, only, replicasOf(d))];
  if (active.length === 0) return [];
  if (isSaturated(d, newRs)) return old.filter((rs) => replicasOf(rs) > 0).map((rs) => scaleTo(d, rs, 0));
  if (!isRolling(d)) return [];
  const allowed = replicasOf(d) > 0 ? replicasOf(d) + maxSurge(d) : 0;
  const toAdd = allowed - sumReplicas(active);
  const sorted = [...active].sort(
    (a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? compareCreation(b, a) : compareCreation(a, b)),
  );
  let added = 0;
  const sizes = sorted.map((rs) => {
    const part = proportion(rs, d, toAdd, added);
    added += part;
    return replicasOf(rs) + part;
  });
  return sorted.flatMap((rs, i) => {
    const leftover = i === 0 && toAdd !== 0 ? toAdd - added : 0;
    const size = Math.max(0, (sizes[i] ?? 0) + leftover);
    return size === replicasOf(rs) ? refreshed(d, rs) : [scaleTo(d, rs, size)];
  });
}

/** The size is right; what the ReplicaSet remembers of the Deployment may not be. */
function refreshed(d: Deployment, rs: ReplicaSet): readonly Write[] {
  const annotations = withReplicasAnnotations(d, rs.metadata.annotations);
  return deepEqual(annotations, rs.metadata.annotations ?? {}) ? [] : [resized(d, rs, replicasOf(rs))];
}

function scaleTo(d: Deployment, rs: ReplicaSet, size: number): Write {
  return scaleThrough(d, rs, [size]);
}

/** Scales to one size after another, each on top of the object that the last one gave. */
function scaleThrough(d: Deployment, rs: ReplicaSet, sizes: readonly number[]): Write {
  const [size = replicasOf(rs), ...rest] = sizes;
  const direction = size > replicasOf(rs) ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${rs.metadata.name} from ${replicasOf(rs)} to ${size}`;
  return {
    ...resized(d, rs, size),
    done: (stored) => [
      scalingEvent(d, message),
      ...(rest.length === 0
        ? []
        : [scaleThrough(d, { ...rs, metadata: stored.metadata, spec: { ...rs.spec, replicas: size } }, rest)]),
    ],
  };
}

function resized(d: Deployment, rs: ReplicaSet, replicas: number): Write {
  const object: ReplicaSet = {
    ...rs,
    metadata: { ...rs.metadata, annotations: withReplicasAnnotations(d, rs.metadata.annotations) },
    spec: { ...rs.spec, replicas },
  };
  return { do: 'update', resource: ReplicaSets, object };
}

function scalingEvent(d: Deployment, message: string): Write {
  return { do: 'event', about: d, type: 'Normal', reason: 'ScalingReplicaSet', message };
}

/** Old ReplicaSets beyond the history limit go, those of the lowest revisions first. */
function cleanUp(d: Deployment, old: readonly ReplicaSet[]): readonly Write[] {
  const limit = d.spec.revisionHistoryLimit;
  if (limit === undefined || limit === UNLIMITED_HISTORY) return [];
  const living = old.filter((rs) => rs.metadata.deletionTimestamp === undefined);
  const surplus = sortBy(living, revisionOf, (rs) => rs.metadata.creationTimestamp ?? '').slice(
    0,
    Math.max(0, living.length - limit),
  );
  return surplus.filter(isIdle).map((rs) => ({
    do: 'delete',
    resource: ReplicaSets,
    name: rs.metadata.name,
    ...(rs.metadata.namespace === undefined ? {} : { namespace: rs.metadata.namespace }),
    accepts: (error: ApiError) => isGone(error),
  }));
}

function isIdle(rs: ReplicaSet): boolean {
  return (
    (rs.status?.replicas ?? 0) === 0 &&
    replicasOf(rs) === 0 &&
    (rs.metadata.generation ?? 0) <= (rs.status?.observedGeneration ?? 0)
  );
}
