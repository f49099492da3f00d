import type { Node, Pod } from '../../api/types.gen.ts';
import { conditionOf } from '../../api/conditions.ts';
import { formatTime } from '../../lib/time.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder, Informers } from '../../client/contract.ts';
import { Nodes, Pods, ReplicaSets, Services } from '../../client/resources.ts';
import { MILLISECOND, SECOND, type Env } from '../../sim/env.ts';
import { SchedulerCache, uidOf } from './cache.ts';
import type { ClusterEvent, Snapshot } from './framework.ts';
import { deepEqual } from '../../lib/json.ts';
import { plugins } from './plugins/index.ts';
import { preempt } from './preemption.ts';
import { fitMessage, schedulePod, type Outcome } from './schedule-pod.ts';
import { SchedulingQueue, type QueuedPod } from './scheduling-queue.ts';
import { withPod } from './node-info.ts';

const SCHEDULER_NAME = 'default-scheduler';
/** One scheduling cycle takes about this long. */
const CYCLE = MILLISECOND;

export interface Scheduler {
  start(): void;
}

/** Watches, queues, places, binds. The cycle itself is synchronous; only the binding is on the wire. */
export function createScheduler(env: Env, client: Client, informers: Informers, recorder: EventRecorder): Scheduler {
  const pods = informers.for(Pods);
  const nodes = informers.for(Nodes);
  const services = informers.for(Services);
  const replicaSets = informers.for(ReplicaSets);
  const cache = new SchedulerCache(
    () => services.list(),
    () => replicaSets.list(),
  );
  const queue = new SchedulingQueue();
  /** Pods that were promised a node whose victims are still leaving, by uid. */
  const nominated = new Map<string, { readonly pod: Pod; readonly node: string }>();
  let leading = false;
  let looping = false;
  let start = 0;

  const happened = (event: ClusterEvent, changed: Node | Pod) => {
    queue.wake(event, changed);
    pump();
  };

  nodes.onChange((node, old) => {
    if (node === undefined) {
      if (old !== undefined) cache.removeNode(old.metadata.name);
      return;
    }
    cache.setNode(node);
    if (old === undefined) return happened('Node/Add', node);
    if (!deepEqual(old.metadata.labels, node.metadata.labels)) happened('Node/UpdateLabel', node);
    if (!deepEqual(old.spec.taints, node.spec.taints) || old.spec.unschedulable !== node.spec.unschedulable)
      happened('Node/UpdateTaint', node);
    if (!deepEqual(old.status?.allocatable, node.status?.allocatable)) happened('Node/UpdateAllocatable', node);
  });

  pods.onChange((pod, old) => {
    if (pod === undefined) {
      if (old === undefined) return;
      queue.remove(old);
      nominated.delete(uidOf(old));
      cache.removePod(old);
      if ((old.spec.nodeName ?? '') !== '') happened('AssignedPod/Delete', old);
      return;
    }
    if (isFinished(pod)) {
      queue.remove(pod);
      cache.removePod(pod);
      if (old !== undefined && !isFinished(old)) happened('AssignedPod/Delete', pod);
    } else if ((pod.spec.nodeName ?? '') !== '') {
      const isNew = old === undefined || (old.spec.nodeName ?? '') === '';
      queue.remove(pod);
      nominated.delete(uidOf(pod));
      cache.setPod(pod);
      happened(isNew ? 'AssignedPod/Add' : 'AssignedPod/Update', pod);
    } else if ((pod.spec.schedulerName ?? SCHEDULER_NAME) === SCHEDULER_NAME) {
      pendingChanged(pod, old);
    }
  });

  function pendingChanged(pod: Pod, old: Pod | undefined): void {
    if (pod.metadata.deletionTimestamp !== undefined) return queue.remove(pod);
    if (cache.isAssumed(pod)) return;
    queue.update(pod, env.uptime(), env.cause());
    if (old !== undefined && (!deepEqual(old.spec, pod.spec) || !deepEqual(old.metadata.labels, pod.metadata.labels)))
      queue.wake('Pod/Update', pod);
    pump();
  }

  /** Runs cycles while there are active pods, one each millisecond. */
  function pump(): void {
    if (!leading || looping || queue.activeSize === 0) return;
    looping = true;
    env.after(CYCLE, () => {
      looping = false;
      const next = queue.pop();
      if (next !== undefined) env.because(next.cause, () => scheduleOne(next));
      pump();
    });
  }

  function scheduleOne(entry: QueuedPod): void {
    const pod = entry.pod;
    if ((pod.spec.schedulingGates ?? []).length > 0) return;
    const snapshot = withNominated(cache.snapshot(), pod, nominated);
    const outcome = schedulePod(pod, snapshot, plugins, env.random, start);
    start = snapshot.nodes.length === 0 ? 0 : (start + outcome.examined) % snapshot.nodes.length;
    if (outcome.kind === 'fits') bind(entry, outcome);
    else fail(entry, outcome, snapshot);
  }

  function bind(entry: QueuedPod, outcome: Outcome & { kind: 'fits' }): void {
    const pod = entry.pod;
    const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
    cache.assume(pod, outcome.node);
    nominated.delete(uidOf(pod));
    const cause = env.step(`scheduler on ${env.host} chose ${outcome.node} for ${name}`, { pod: name });
    env.because(cause, () => {
      env.trace({ type: 'schedule', pod: name, uid: uidOf(pod), node: outcome.node, verdicts: outcome.verdicts });
      env.spawn(async () => {
        try {
          const target = { apiVersion: 'v1', kind: 'Node', name: outcome.node };
          const metadata = { name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid };
          await client.createSubresource(Pods, pod.metadata.name, pod.metadata.namespace, 'binding', {
            apiVersion: 'v1',
            kind: 'Binding',
            metadata,
            target,
          });
          recorder.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${name} to ${outcome.node}`);
        } catch (error) {
          bindingFailed(entry, error);
        }
      });
    });
  }

  /** Whether the binding happened may be unknown: if it did, the watch says so and the pod leaves the queue. */
  function bindingFailed(entry: QueuedPod, error: unknown): void {
    env.print(
      `"Failed to bind pod" pod="${entry.pod.metadata.namespace ?? ''}/${entry.pod.metadata.name}" err="${error instanceof Error ? error.message : ''}"`,
      'stderr',
    );
    const current = pods.get(`${entry.pod.metadata.namespace ?? ''}/${entry.pod.metadata.name}`);
    if (
      current === undefined ||
      current.metadata.uid !== entry.pod.metadata.uid ||
      (current.spec.nodeName ?? '') !== ''
    )
      return;
    cache.forget(entry.pod);
    queue.retry({ ...entry, pod: current }, env.uptime());
  }

  function fail(entry: QueuedPod, outcome: Outcome & { kind: 'unschedulable' }, snapshot: Snapshot): void {
    const pod = entry.pod;
    const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
    const result =
      snapshot.nodes.length === 0 || outcome.preFilter !== undefined
        ? undefined
        : preempt(pod, snapshot, outcome.rejections, plugins);
    const fit = fitMessage(snapshot.nodes.length, outcome.rejections, outcome.preFilter);
    const after = outcome.preFilter === undefined ? (result?.message ?? '') : 'not found';
    const message = after === '' ? fit : `${fit} ${after}`;
    env.trace({ type: 'schedule', pod: name, uid: uidOf(pod), verdicts: outcome.verdicts, message });
    queue.reject(entry, outcome.guilty, env.uptime());
    recorder.event(pod, 'Warning', 'FailedScheduling', message);
    env.spawn(async () => {
      if (result?.node !== undefined) await evictVictims(pod, result.node, result.victims);
      await setUnschedulable(pod, message, result?.node);
    });
  }

  async function evictVictims(pod: Pod, node: string, victims: readonly Pod[]): Promise<void> {
    nominated.set(uidOf(pod), { pod, node });
    for (const victim of victims) {
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: `${SCHEDULER_NAME}: preempting to accommodate a higher priority pod`,
        lastTransitionTime: formatTime(env.now()),
        observedGeneration: victim.metadata.generation,
      };
      const { name, namespace } = victim.metadata;
      await ignoreFailure(
        client.patch(
          Pods,
          name,
          namespace,
          'application/strategic-merge-patch+json',
          { status: { conditions: [condition] } },
          { subresource: 'status' },
        ),
      );
      await ignoreFailure(
        client.delete(Pods, name, namespace, victim.metadata.uid === undefined ? {} : { uid: victim.metadata.uid }),
      );
      recorder.event(victim, 'Normal', 'Preempted', `Preempted by pod ${uidOf(pod)} on node ${node}`);
    }
  }

  async function setUnschedulable(pod: Pod, message: string, node: string | undefined): Promise<void> {
    const before = conditionOf(pod.status?.conditions, 'PodScheduled');
    if (
      before?.status === 'False' &&
      before.reason === 'Unschedulable' &&
      before.message === message &&
      node === undefined
    )
      return;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : formatTime(env.now()),
      observedGeneration: pod.metadata.generation,
    };
    const status = { conditions: [condition], ...(node === undefined ? {} : { nominatedNodeName: node }) };
    await ignoreFailure(
      client.patch(
        Pods,
        pod.metadata.name,
        pod.metadata.namespace,
        'application/strategic-merge-patch+json',
        { status },
        { subresource: 'status' },
      ),
    );
  }

  function tick(): void {
    queue.flush(env.uptime());
    pump();
    env.after(SECOND, tick);
  }

  return {
    start() {
      if (leading) return;
      leading = true;
      tick();
    },
  };
}

/** The next attempt sees what is really there; a refused patch or delete needs no other answer. */
async function ignoreFailure(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch {
    return;
  }
}

const isFinished = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Adds the pods of no lower priority that were promised a node, as if they were there already. */
function withNominated(
  snapshot: Snapshot,
  pod: Pod,
  nominated: ReadonlyMap<string, { readonly pod: Pod; readonly node: string }>,
): Snapshot {
  const others = [...nominated.values()].filter(
    (other) => uidOf(other.pod) !== uidOf(pod) && (other.pod.spec.priority ?? 0) >= (pod.spec.priority ?? 0),
  );
  if (others.length === 0) return snapshot;
  const nodes = snapshot.nodes.map((node) =>
    others.filter((other) => other.node === node.name).reduce((info, other) => withPod(info, other.pod), node),
  );
  return { ...snapshot, nodes };
}
