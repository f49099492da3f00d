// Models pkg/controller/replicaset.
import { conditionOf } from '../../../api/conditions.ts';
import { controllerOf, controllerReference } from '../../../api/owner-references.ts';
import { compareForDeletion, isPodActive, isPodAvailable, isPodReady, isPodTerminal } from '../../../api/pods.ts';
import { labelSelector, matchesLabels } from '../../../api/selector.ts';
import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../../../api/types.gen.ts';
import type { ApiError } from '../../../client/client.ts';
import { Pods, ReplicaSets } from '../../../client/resources.ts';
import { deepEqual } from '../../../lib/json.ts';
import { formatTime, parseTime } from '../../../lib/time.ts';
import { SECOND } from '../../../sim/env.ts';
import type { Micros } from '../../../sim/env.ts';
import { adopters, claim } from '../adoption.ts';
import type { Cache } from '../cache.ts';
import { NOTHING, updateStatus } from '../controller.ts';
import type { Plan, Request, Write } from '../controller.ts';
import { isGone, isNamespaceTerminating } from '../refusals.ts';
import { controller } from '../run-controller.ts';

/** Most pods made or deleted in one go. */
const BURST = 500;

export const replicaSetController = controller({
  name: 'replicaset-controller',
  reconciles: ReplicaSets,
  owns: [Pods],
  watches: [
    {
      resource: Pods,
      keys: (pod, _old, cache) => adopters(cache, ReplicaSets, (rs) => labelSelector(rs.spec.selector), pod),
    },
  ],
  reconcile: reconcileReplicaSet,
});

export function reconcileReplicaSet({ object: rs, cache, now }: Request<ReplicaSet, undefined>): Plan {
  if (rs === undefined) return NOTHING;
  const { claimed, writes: claims } = claim(cache, rs, labelSelector(rs.spec.selector), Pods);
  const active = claimed.filter(isPodActive);
  const terminating = claimed.filter((pod) => !isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined);
  const statusAfter = (failure?: Failure): readonly Write[] => {
    const status = calculateStatus(rs, active, terminating.length, now, failure);
    return deepEqual(status, rs.status) ? [] : [updateStatus(ReplicaSets, { ...rs, status })];
  };
  const changes =
    rs.metadata.deletionTimestamp === undefined ? manageReplicas(rs, active, cache, now, statusAfter) : [];
  const again = nextAvailability(rs, active, now);
  return {
    writes: [...claims, ...changes, ...statusAfter()],
    ...(again === undefined ? {} : { again }),
  };
}

interface Failure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly error: ApiError;
}

function manageReplicas(
  rs: ReplicaSet,
  active: readonly Pod[],
  cache: Cache,
  now: Micros,
  statusAfter: (failure?: Failure) => readonly Write[],
): readonly Write[] {
  const missing = (rs.spec.replicas ?? 0) - active.length;
  if (missing > 0) {
    const pod = podFromTemplate(rs);
    const writes = Array.from({ length: Math.min(missing, BURST) }, () => createPod(rs, pod));
    return [{ do: 'all', slowStart: true, writes, refused: (error) => statusAfter({ reason: 'FailedCreate', error }) }];
  }
  if (missing < 0) {
    const writes = podsToDelete(rs, active, cache, now, Math.min(-missing, BURST)).map((pod) => deletePod(rs, pod));
    return [{ do: 'all', writes, refused: (error) => statusAfter({ reason: 'FailedDelete', error }) }];
  }
  return [];
}

/** Models pkg/controller GetPodFromTemplate. */
function podFromTemplate(rs: ReplicaSet): Pod {
  const { metadata, spec } = rs.spec.template ?? { spec: { containers: [] } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${rs.metadata.name}-`,
      ...(rs.metadata.namespace === undefined ? {} : { namespace: rs.metadata.namespace }),
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ...(metadata?.finalizers === undefined ? {} : { finalizers: metadata.finalizers }),
      ownerReferences: [controllerReference(rs)],
    },
    spec,
  };
}

function createPod(rs: ReplicaSet, pod: Pod): Write {
  return {
    do: 'create',
    resource: Pods,
    object: pod,
    accepts: isNamespaceTerminating,
    done: (made) => [event(rs, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`)],
    refused: (error) => [event(rs, 'Warning', 'FailedCreate', `Error creating: ${error.message}`)],
  };
}

function deletePod(rs: ReplicaSet, pod: Pod): Write {
  const { name, namespace, uid } = pod.metadata;
  return {
    do: 'delete',
    resource: Pods,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    options: uid === undefined ? {} : { uid },
    accepts: isGone,
    done: () => [event(rs, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)],
    refused: (error) => [event(rs, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`)],
  };
}

function event(about: ReplicaSet, type: 'Normal' | 'Warning', reason: string, message: string): Write {
  return { do: 'event', about, type, reason, message };
}

/** First to go: the unassigned, pending, unready, cheap, crowded and young. */
function podsToDelete(
  rs: ReplicaSet,
  active: readonly Pod[],
  cache: Cache,
  now: Micros,
  count: number,
): readonly Pod[] {
  if (count >= active.length) return active;
  const perNode = new Map<string, number>();
  for (const pod of relatedPods(rs, active, cache)) {
    const node = pod.spec.nodeName ?? '';
    perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  return active
    .map((pod) => ({ pod, rank: perNode.get(pod.spec.nodeName ?? '') ?? 0 }))
    .sort((a, b) => compareForDeletion(a, b, now, parseTime))
    .slice(0, count)
    .map(({ pod }) => pod);
}

/** Active pods of all ReplicaSets with the same controller: a rolling update counts both sides. */
function relatedPods(rs: ReplicaSet, active: readonly Pod[], cache: Cache): readonly Pod[] {
  const owner = controllerOf(rs);
  if (owner === undefined) return active;
  return cache
    .controlledBy(ReplicaSets, owner.uid)
    .flatMap((sibling) => cache.controlledBy(Pods, sibling.metadata.uid ?? ''))
    .filter(isPodActive);
}

function calculateStatus(
  rs: ReplicaSet,
  active: readonly Pod[],
  terminating: number,
  now: Micros,
  failure: Failure | undefined,
): ReplicaSetStatus {
  const template = labelSelector({ matchLabels: rs.spec.template?.metadata?.labels ?? {} });
  const labelled = active.filter((pod) => matchesLabels(template, pod.metadata.labels)).length;
  const ready = active.filter(isPodReady).length;
  const available = active.filter((pod) => isPodAvailable(pod, rs.spec.minReadySeconds ?? 0, now, parseTime)).length;
  const conditions = failureConditions(rs.status?.conditions ?? [], now, failure);
  const generation = rs.metadata.generation ?? 0;
  return {
    replicas: active.length,
    ...(labelled === 0 ? {} : { fullyLabeledReplicas: labelled }),
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(available === 0 ? {} : { availableReplicas: available }),
    terminatingReplicas: terminating,
    ...(generation === 0 ? {} : { observedGeneration: generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

function failureConditions(
  conditions: readonly ReplicaSetCondition[],
  now: Micros,
  failure: Failure | undefined,
): readonly ReplicaSetCondition[] {
  const others = conditions.filter((condition) => condition.type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  const { reason, error } = failure;
  const known = conditionOf(conditions, 'ReplicaFailure');
  if (known !== undefined) return conditions;
  return [
    ...others,
    { type: 'ReplicaFailure', status: 'True', lastTransitionTime: formatTime(now), reason, message: error.message },
  ];
}

/** When the next ready pod will have been ready for minReadySeconds. */
function nextAvailability(rs: ReplicaSet, active: readonly Pod[], now: Micros): Micros | undefined {
  const minReady = (rs.spec.minReadySeconds ?? 0) * SECOND;
  if (minReady === 0) return undefined;
  const waits = active
    .filter(isPodReady)
    .map((pod) => parseTime(conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? ''))
    .flatMap((since) => (since === undefined || since + minReady <= now ? [] : [since + minReady - now]));
  return waits.length === 0 ? undefined : Math.min(...waits);
}
