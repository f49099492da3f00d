// Models pkg/controller/tainteviction.
import { isTolerated, tolerates } from '../../../api/taints.ts';
import type { KubeObject, Node, Pod, Taint } from '../../../api/types.gen.ts';
import type { Key } from '../../../client/contract.ts';
import { Nodes, Pods } from '../../../client/resources.ts';
import { deepEqual } from '../../../lib/json.ts';
import { formatTime } from '../../../lib/time.ts';
import { SECOND } from '../../../sim/env.ts';
import type { Micros } from '../../../sim/env.ts';
import type { Cache } from '../cache.ts';
import { keyOf } from '../controller.ts';
import type { Plan, Request, Write } from '../controller.ts';
import { isGone } from '../refusals.ts';
import { controller } from '../run-controller.ts';

/** Evictions under way: since when it counts, and when it ends, by this host's monotonic clock. */
export interface Eviction {
  readonly since: Micros;
  readonly at: Micros;
}

export const taintEvictionController = controller({
  name: 'taint-eviction-controller',
  reconciles: Pods,
  watches: [{ resource: Nodes, keys: podsOfTaintedNode }],
  workers: 8,
  reconcile: reconcileTaintEviction,
});

function podsOfTaintedNode(node: KubeObject | undefined, old: KubeObject | undefined, cache: Cache): readonly Key[] {
  const name = (node ?? old)?.metadata.name ?? '';
  const before = old === undefined ? [] : noExecute(cacheNode(old));
  const after = node === undefined ? [] : noExecute(cacheNode(node));
  return deepEqual(before, after) ? [] : cache.podsOnNode(name).map(keyOf);
}

/** What an informer of Nodes hands out. */
function cacheNode(object: KubeObject): Node {
  return object as Node;
}

function noExecute(node: Node | undefined): readonly Taint[] {
  return (node?.spec.taints ?? []).filter((taint) => taint.effect === 'NoExecute');
}

export function reconcileTaintEviction(request: Request<Pod, Eviction>): Plan<Eviction> {
  const { object: pod, cache, memory, now, uptime } = request;
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || pod.spec.nodeName === undefined) {
    return { writes: [] };
  }
  const taints = noExecute(cache.get(Nodes, pod.spec.nodeName));
  if (taints.length === 0) return cancel(pod, memory);
  const tolerated = taints.every((taint) => isTolerated(taint, pod.spec.tolerations));
  const patience = tolerated ? minToleration(pod, taints) : 0;
  if (patience === undefined) return cancel(pod, memory);
  const since = memory?.since ?? uptime;
  const at = since + patience;
  const eviction = { since, at };
  if (at <= uptime) return { writes: evict(pod, now), memory: eviction };
  return { writes: [], memory: eviction, again: at - uptime };
}

/** The shortest time for which the pod puts up with all of the taints; undefined: for ever. */
function minToleration(pod: Pod, taints: readonly Taint[]): Micros | undefined {
  const used = (pod.spec.tolerations ?? []).filter((toleration) =>
    taints.some((taint) => tolerates(toleration, taint)),
  );
  const seconds = used.flatMap(({ tolerationSeconds }) => (tolerationSeconds === undefined ? [] : [tolerationSeconds]));
  return seconds.length === 0 ? undefined : Math.max(0, Math.min(...seconds)) * SECOND;
}

function cancel(pod: Pod, memory: Eviction | undefined): Plan<Eviction> {
  return { writes: memory === undefined ? [] : [event(pod, `Cancelling deletion of Pod ${keyOf(pod)}`)] };
}

function evict(pod: Pod, now: Micros): readonly Write[] {
  const { name, namespace = '', uid } = pod.metadata;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: formatTime(now),
  };
  return [
    event(pod, `Marking for deletion Pod ${keyOf(pod)}`),
    {
      do: 'patch',
      resource: Pods,
      name,
      namespace,
      type: 'application/strategic-merge-patch+json',
      patch: { metadata: { uid }, status: { conditions: [condition] } },
      subresource: 'status',
      accepts: isGone,
    },
    { do: 'delete', resource: Pods, name, namespace, options: uid === undefined ? {} : { uid }, accepts: isGone },
  ];
}

function event(pod: Pod, message: string): Write {
  const { name, namespace = '' } = pod.metadata;
  const about = { apiVersion: 'v1', kind: 'Pod', name, namespace };
  return { do: 'event', about, type: 'Normal', reason: 'TaintManagerEviction', message };
}
