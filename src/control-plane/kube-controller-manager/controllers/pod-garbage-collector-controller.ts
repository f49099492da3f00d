// Models pkg/controller/podgc.
import { conditionOf } from '../../../api/conditions.ts';
import { isPodTerminal } from '../../../api/pods.ts';
import type { Pod } from '../../../api/types.gen.ts';
import { Nodes, Pods } from '../../../client/resources.ts';
import { sortBy } from '../../../lib/order.ts';
import { formatTime } from '../../../lib/time.ts';
import { SECOND } from '../../../sim/env.ts';
import type { Micros } from '../../../sim/env.ts';
import type { Cache } from '../cache.ts';
import type { Plan, Request, Write } from '../controller.ts';
import { isGone } from '../refusals.ts';
import { controller } from '../run-controller.ts';

const PERIOD: Micros = 20 * SECOND;
/** A node has to be missing for so long before its pods are orphans. */
const QUARANTINE: Micros = 40 * SECOND;
const TERMINATED_THRESHOLD = 12_500;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

export interface Memory {
  readonly nextPass: Micros;
  /** Nodes that pods name and that do not exist, and since when that is known. */
  readonly missing: ReadonlyMap<string, Micros>;
}

export const podGarbageCollectorController = controller({
  name: 'pod-garbage-collector-controller',
  reads: [Pods, Nodes],
  workers: 1,
  reconcile: reconcilePodGc,
});

export function reconcilePodGc({ cache, memory, now, uptime, flags }: Request<never, Memory>): Plan<Memory> {
  const nextPass = memory?.nextPass ?? uptime;
  if (memory !== undefined && uptime < nextPass) return { writes: [], memory, again: nextPass - uptime };
  const pods = cache.list(Pods);
  const missing = missingNodes(pods, cache, memory?.missing ?? new Map<string, Micros>(), uptime);
  const seen = new Set<Pod>();
  const writes: Write[] = [];
  const collect = (group: readonly Pod[], mark: (pod: Pod) => readonly Write[]): void => {
    for (const pod of group) {
      if (seen.has(pod)) continue;
      seen.add(pod);
      writes.push(...chain([...mark(pod), forceDelete(pod)]));
    }
  };
  collect(terminated(pods, flags.int('terminated-pod-gc-threshold', TERMINATED_THRESHOLD)), () => []);
  collect(
    pods.filter((pod) => isOutOfService(pod, cache)),
    (pod) => fail(pod, undefined, now),
  );
  collect(
    pods.filter((pod) => isOrphaned(pod, missing, uptime)),
    (pod) => fail(pod, 'PodGC: node no longer exists', now),
  );
  collect(
    pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && (pod.spec.nodeName ?? '') === ''),
    (pod) => fail(pod, undefined, now),
  );
  const all: readonly Write[] = writes.length < 2 ? writes : [{ do: 'all', writes }];
  return { writes: all, memory: { nextPass: uptime + PERIOD, missing }, again: PERIOD };
}

/** Pods do not wait for one another, but each is marked before it is deleted. */
function chain([first, ...rest]: readonly Write[]): readonly Write[] {
  if (first === undefined) return [];
  return rest.length === 0 ? [first] : [{ ...first, done: () => rest }];
}

function missingNodes(
  pods: readonly Pod[],
  cache: Cache,
  before: ReadonlyMap<string, Micros>,
  uptime: Micros,
): ReadonlyMap<string, Micros> {
  const missing = new Map<string, Micros>();
  for (const { spec } of pods) {
    const name = spec.nodeName ?? '';
    if (name !== '' && cache.get(Nodes, name) === undefined) missing.set(name, before.get(name) ?? uptime);
  }
  return missing;
}

function isOrphaned(pod: Pod, missing: ReadonlyMap<string, Micros>, uptime: Micros): boolean {
  const since = missing.get(pod.spec.nodeName ?? '');
  return since !== undefined && since + QUARANTINE <= uptime;
}

/** The oldest of those that ran to their end, beyond the threshold. */
function terminated(pods: readonly Pod[], threshold: number): readonly Pod[] {
  if (threshold <= 0) return [];
  const ended = pods.filter((pod) => isPodTerminal(pod));
  const byAge = sortBy(
    ended,
    (pod) => pod.metadata.creationTimestamp ?? '',
    (pod) => pod.metadata.name,
  );
  return byAge.slice(0, Math.max(0, ended.length - threshold));
}

/** Terminating on a node that is down and that a person has declared out of service. */
function isOutOfService(pod: Pod, cache: Cache): boolean {
  if (pod.metadata.deletionTimestamp === undefined || pod.spec.nodeName === undefined) return false;
  const node = cache.get(Nodes, pod.spec.nodeName);
  const ready = conditionOf(node?.status?.conditions, 'Ready')?.status === 'True';
  return node !== undefined && !ready && (node.spec.taints ?? []).some((taint) => taint.key === OUT_OF_SERVICE);
}

/** A pod that has not ended fails first, so that it is not taken for one that may still run. */
function fail(pod: Pod, message: string | undefined, now: Micros): readonly Write[] {
  const { name, namespace = '', uid } = pod.metadata;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message,
    lastTransitionTime: formatTime(now),
  };
  if (isPodTerminal(pod) && message === undefined) return [];
  return [
    {
      do: 'patch',
      resource: Pods,
      name,
      namespace,
      type: 'application/strategic-merge-patch+json',
      patch: {
        metadata: { uid },
        status: {
          ...(isPodTerminal(pod) ? {} : { phase: 'Failed' }),
          ...(message === undefined ? {} : { conditions: [condition] }),
        },
      },
      subresource: 'status',
      accepts: isGone,
    },
  ];
}

function forceDelete(pod: Pod): Write {
  const { name, namespace = '', uid } = pod.metadata;
  const options = { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { uid }) };
  return { do: 'delete', resource: Pods, name, namespace, options, accepts: isGone };
}
