// Models pkg/controller/nodelifecycle: which nodes have fallen silent, judged by when their signs of life were observed.
import { conditionOf } from '../../api/conditions.ts';
import type { Lease, Node, NodeCondition } from '../../api/types.gen.ts';
import { formatTime, parseTime } from '../../lib/time.ts';
import type { Micros } from '../../sim/env.ts';

/** What was observed of one node, and when by this host's monotonic clock. */
export interface NodeHealth {
  readonly heartbeat: string | undefined;
  readonly hadReady: boolean;
  readonly renewTime: string | undefined;
  readonly probedAt: Micros;
}

export interface Observation {
  readonly health: NodeHealth;
  readonly before: string;
  /** The node's conditions if they have to change. */
  readonly conditions: readonly NodeCondition[] | undefined;
  readonly after: string;
}

/** Conditions that nobody but the kubelet knows. */
const KUBELET_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export interface Grace {
  readonly monitor: Micros;
  readonly startup: Micros;
}

export function observeNode(
  node: Node,
  lease: Lease | undefined,
  last: NodeHealth | undefined,
  grace: Grace,
  now: Micros,
  uptime: Micros,
): Observation {
  const ready = conditionOf(node.status?.conditions, 'Ready');
  const period = ready === undefined ? grace.startup : grace.monitor;
  const health = probe(node, ready, lease, last, now, uptime);
  const silent = uptime >= health.probedAt + period;
  const conditions = silent ? unknownConditions(node, now) : undefined;
  const before = ready?.status ?? 'Unknown';
  return { health, before, conditions, after: silent ? 'Unknown' : before };
}

function probe(
  node: Node,
  ready: NodeCondition | undefined,
  lease: Lease | undefined,
  last: NodeHealth | undefined,
  now: Micros,
  uptime: Micros,
): NodeHealth {
  const heartbeat = ready?.lastHeartbeatTime;
  const renewTime = lease?.spec.renewTime;
  const seen = { heartbeat, hadReady: ready !== undefined, renewTime };
  if (last === undefined) {
    // A node that has never said anything is as silent as it is old.
    const age = now - (parseTime(node.metadata.creationTimestamp ?? '') ?? now);
    return { ...seen, probedAt: ready === undefined && renewTime === undefined ? uptime - Math.max(0, age) : uptime };
  }
  const renewed = (parseTime(renewTime ?? '') ?? 0) > (parseTime(last.renewTime ?? '') ?? 0);
  const alive = last.hadReady !== seen.hadReady || last.heartbeat !== heartbeat || renewed;
  return { ...seen, renewTime: renewed ? renewTime : last.renewTime, probedAt: alive ? uptime : last.probedAt };
}

function unknownConditions(node: Node, now: Micros): readonly NodeCondition[] | undefined {
  const time = formatTime(now);
  const current = node.status?.conditions ?? [];
  const known = current.map((condition) =>
    KUBELET_CONDITIONS.includes(condition.type) && condition.status !== 'Unknown'
      ? {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: time,
        }
      : condition,
  );
  const missing = KUBELET_CONDITIONS.filter((type) => conditionOf(current, type) === undefined).map((type) => ({
    type,
    status: 'Unknown',
    lastHeartbeatTime: node.metadata.creationTimestamp ?? time,
    lastTransitionTime: time,
    reason: 'NodeStatusNeverUpdated',
    message: 'Kubelet never posted node status.',
  }));
  const changed = missing.length > 0 || known.some((condition, i) => condition !== current[i]);
  return changed ? [...known, ...missing] : undefined;
}
