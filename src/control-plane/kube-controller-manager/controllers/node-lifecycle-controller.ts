// Models pkg/controller/nodelifecycle.
import { TAINT_NOT_READY, TAINT_UNREACHABLE } from '../../../api/taints.ts';
import type { Node, Pod, Taint } from '../../../api/types.gen.ts';
import { conditionOf } from '../../../api/conditions.ts';
import { isPodReady } from '../../../api/pods.ts';
import { Leases, Nodes, Pods } from '../../../client/resources.ts';
import { parseDuration } from '../../../lib/duration.ts';
import type { Flags } from '../../../lib/flags.ts';
import { formatTime } from '../../../lib/time.ts';
import { MILLISECOND, SECOND } from '../../../sim/env.ts';
import type { Micros } from '../../../sim/env.ts';
import type { Cache } from '../cache.ts';
import { updateStatus } from '../controller.ts';
import type { ControllerProgram, Plan, Request, Write } from '../controller.ts';
import { observeNode } from '../node-health.ts';
import type { NodeHealth } from '../node-health.ts';
import { hasTaint, swapTaints } from '../node-taints.ts';
import { isGone } from '../refusals.ts';
import { controller } from '../run-controller.ts';
import { conditionTaints } from './node-condition-taints.ts';
import { intervalFor, zoneOf, zoneState } from '../zone-state.ts';
import type { EvictionLimits, Zone } from '../zone-state.ts';

const TAINTING_PERIOD: Micros = 100 * MILLISECOND;
const NODE_LEASES = 'kube-node-lease';

export const NOT_READY_NO_EXECUTE: Taint = { key: TAINT_NOT_READY, effect: 'NoExecute' };
export const UNREACHABLE_NO_EXECUTE: Taint = { key: TAINT_UNREACHABLE, effect: 'NoExecute' };

const monitor = controller({
  name: 'node-lifecycle-controller',
  component: 'node-controller',
  reads: [Nodes, Leases, Pods],
  workers: 1,
  reconcile: monitorNodes,
});

export const nodeLifecycleController: ControllerProgram = {
  name: 'node-lifecycle-controller',
  start(context) {
    monitor.start(context);
    conditionTaints.start(context);
  },
};

export interface Monitor {
  readonly nextPass: Micros;
  readonly nodes: ReadonlyMap<string, { readonly health: NodeHealth; readonly uid: string }>;
  readonly zones: ReadonlyMap<string, Zone>;
  /** Pods of nodes that fell silent, whose Ready is still to be set False: uids. */
  readonly marking: ReadonlySet<string>;
}

interface Options {
  readonly period: Micros;
  readonly grace: { readonly monitor: Micros; readonly startup: Micros };
  readonly limits: EvictionLimits;
}

/** Every five seconds all nodes are looked at; between, the taints that are due are put on. */
export function monitorNodes(request: Request<never, Monitor>): Plan<Monitor> {
  const options = optionsFrom(request.flags);
  const before = request.memory ?? { nextPass: 0, nodes: new Map(), zones: new Map(), marking: new Set<string>() };
  const nodes = request.cache.list(Nodes);
  const pass =
    request.uptime >= before.nextPass ? healthPass(request, nodes, before, options) : { ...before, writes: [] };
  const tainting = taintingPass(request, pass.zones);
  const again = pendingPods(request.cache, pass.marking);
  const memory: Monitor = {
    nextPass: pass.nextPass,
    nodes: pass.nodes,
    zones: tainting.zones,
    marking: new Set(again.map((pod) => pod.metadata.uid ?? '')),
  };
  const due = [...tainting.zones.values()].flatMap((zone) =>
    zone.queue.length === 0 || zone.interval === undefined
      ? []
      : [Math.max(TAINTING_PERIOD, zone.nextAt - request.uptime)],
  );
  // Pods that this very pass marks follow their node's status; those of earlier passes are tried again.
  const retries = again
    .filter((pod) => before.marking.has(pod.metadata.uid ?? ''))
    .map((pod) => markNotReady(pod, request.now));
  return {
    writes: sideBySide([...pass.writes, ...tainting.writes, ...retries]),
    memory,
    again: Math.min(Math.max(0, memory.nextPass - request.uptime), ...due),
  };
}

/** A refusal for one node must not keep the others waiting. */
function sideBySide(writes: readonly Write[]): readonly Write[] {
  return writes.length < 2 ? writes : [{ do: 'all', writes }];
}

type Pass = Monitor & { readonly writes: readonly Write[] };

function healthPass(request: Request<never, Monitor>, nodes: readonly Node[], before: Monitor, options: Options): Pass {
  const { cache, now, uptime } = request;
  const writes: Write[] = [];
  const healths = new Map<string, { readonly health: NodeHealth; readonly uid: string }>();
  const marking = new Set(before.marking);
  const readiness = new Map<string, string>();
  for (const node of nodes) {
    const { name, uid = '' } = node.metadata;
    const known = before.nodes.get(name);
    const last = known?.uid === uid ? known.health : undefined;
    if (last === undefined)
      writes.push(nodeEvent(node.metadata, 'RegisteredNode', `Registered Node ${name} in Controller`));
    const lease = cache.get(Leases, `${NODE_LEASES}/${name}`);
    const seen = observeNode(node, lease, last, options.grace, now, uptime);
    healths.set(name, { health: seen.health, uid });
    readiness.set(name, seen.after);
    const fallen = seen.before === 'True' && seen.after !== 'True';
    const pods = fallen ? cache.podsOnNode(name).filter(isPodReady) : [];
    for (const pod of pods) marking.add(pod.metadata.uid ?? '');
    if (seen.conditions !== undefined) writes.push(silence(node, seen.conditions, fallen, pods, now));
  }
  for (const [name, { uid }] of before.nodes) {
    if (!healths.has(name))
      writes.push(nodeEvent({ name, uid }, 'RemovingNode', `Removing Node ${name} from Controller`));
  }
  const disruption = judgeZones(nodes, readiness, before.zones, healths, options, now, uptime);
  return {
    nextPass: uptime + options.period,
    nodes: disruption.nodes,
    zones: disruption.zones,
    marking,
    writes: [...writes, ...disruption.writes],
  };
}

/** The node's status first; then it is told, and its pods follow. */
function silence(
  node: Node,
  conditions: NonNullable<NonNullable<Node['status']>['conditions']>,
  fallen: boolean,
  pods: readonly Pod[],
  now: Micros,
): Write {
  const { name, uid = '' } = node.metadata;
  const told: Write = {
    do: 'event',
    about: { apiVersion: 'v1', kind: 'Node', name, uid },
    type: 'Normal',
    reason: 'NodeNotReady',
    message: `Node ${name} status is now: NodeNotReady`,
  };
  return updateStatus(
    Nodes,
    { ...node, status: { ...node.status, conditions } },
    {
      accepts: isGone,
      done: () => (fallen ? [told, ...sideBySide(pods.map((pod) => markNotReady(pod, now)))] : []),
    },
  );
}

function markNotReady(pod: Pod, now: Micros): Write {
  const { name, namespace = '', uid } = pod.metadata;
  const condition = { type: 'Ready', status: 'False', lastTransitionTime: formatTime(now) };
  return {
    do: 'patch',
    resource: Pods,
    name,
    namespace,
    type: 'application/strategic-merge-patch+json',
    patch: { metadata: { uid }, status: { conditions: [condition] } },
    subresource: 'status',
    accepts: (error) => isGone(error) || error.reason === 'Conflict',
    done: () => [{ do: 'event', about: pod, type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' }],
  };
}

function pendingPods(cache: Cache, marking: ReadonlySet<string>): readonly Pod[] {
  if (marking.size === 0) return [];
  return cache.list(Pods).filter((pod) => marking.has(pod.metadata.uid ?? '') && isPodReady(pod));
}

function nodeEvent(node: { readonly name: string; readonly uid?: string }, reason: string, what: string): Write {
  const { name, uid = '' } = node;
  return {
    do: 'event',
    about: { apiVersion: 'v1', kind: 'Node', name, uid },
    type: 'Normal',
    reason,
    message: `Node ${name} event: ${what}`,
  };
}

interface Disruption {
  readonly nodes: Monitor['nodes'];
  readonly zones: ReadonlyMap<string, Zone>;
  readonly writes: readonly Write[];
}

/** When every zone is fully disrupted it is our own connection that is bad: taints go, evictions stop, and all start afresh afterwards. */
function judgeZones(
  nodes: readonly Node[],
  readiness: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, Zone>,
  healths: Monitor['nodes'],
  options: Options,
  now: Micros,
  uptime: Micros,
): Disruption {
  const members = new Map<string, Node[]>();
  for (const node of nodes) members.set(zoneOf(node), [...(members.get(zoneOf(node)) ?? []), node]);
  const states = [...members].map(([name, list]) => {
    const counted = list.filter(
      (node) => node.metadata.labels?.['node.kubernetes.io/exclude-disruption'] === undefined,
    );
    const ready = counted.filter((node) => readiness.get(node.metadata.name) === 'True').length;
    return { name, list, size: counted.length, state: zoneState(ready, counted.length - ready, options.limits) };
  });
  const allDisrupted = states.length > 0 && states.every(({ state }) => state === 'FullDisruption');
  const wereDisrupted = before.size > 0 && [...before.values()].every(({ state }) => state === 'FullDisruption');
  const zones = new Map<string, Zone>();
  const writes: Write[] = [];
  for (const { name, list, size, state } of states) {
    const zone = before.get(name) ?? { state: 'Initial', queue: [], nextAt: 0, interval: undefined };
    const interval = allDisrupted ? undefined : intervalFor(state, size, options.limits);
    const queue = allDisrupted ? [] : queueFor(list, readiness, zone.queue);
    // Upstream's tainting loop comes round every 100 ms; the node's own status and NoSchedule taint are written by then.
    const nextAt = zone.queue.length === 0 ? Math.max(zone.nextAt, uptime + TAINTING_PERIOD) : zone.nextAt;
    const { tainting } = zone;
    const underWay = allDisrupted || tainting === undefined ? {} : { tainting };
    zones.set(name, { state, queue, nextAt, interval, ...underWay });
    const reachable = list.filter((node) => allDisrupted || readiness.get(node.metadata.name) === 'True');
    if (allDisrupted && wereDisrupted) continue;
    for (const node of reachable) {
      writes.push(...swapTaints(node, [], [NOT_READY_NO_EXECUTE, UNREACHABLE_NO_EXECUTE], now));
    }
    if (allDisrupted) continue;
    for (const node of list) writes.push(...exchangeTaint(node, readiness.get(node.metadata.name), now));
  }
  const recovered = wereDisrupted && !allDisrupted;
  return { nodes: recovered ? probedNow(healths, uptime) : healths, zones, writes };
}

function probedNow(healths: Monitor['nodes'], uptime: Micros): Monitor['nodes'] {
  return new Map(
    [...healths].map(([name, { health, uid }]) => [name, { uid, health: { ...health, probedAt: uptime } }]),
  );
}

/** A node that is already tainted for another reason is not made to wait for the new one. */
function exchangeTaint(node: Node, ready: string | undefined, now: Micros): readonly Write[] {
  const wanted = noExecuteTaint(ready ?? 'True');
  if (wanted === undefined || !hasTaint(node, oppositeOf(wanted))) return [];
  return swapTaints(node, [wanted], [oppositeOf(wanted)], now);
}

function oppositeOf(taint: Taint): Taint {
  return taint === NOT_READY_NO_EXECUTE ? UNREACHABLE_NO_EXECUTE : NOT_READY_NO_EXECUTE;
}

/** Those that wait keep their place; those that fell since come after them. */
function queueFor(
  nodes: readonly Node[],
  readiness: ReadonlyMap<string, string>,
  queue: readonly string[],
): readonly string[] {
  const wanting = nodes
    .filter((node) => {
      const wanted = noExecuteTaint(readiness.get(node.metadata.name) ?? 'True');
      return wanted !== undefined && !hasTaint(node, wanted) && !hasTaint(node, oppositeOf(wanted));
    })
    .map((node) => node.metadata.name);
  return [...queue.filter((name) => wanting.includes(name)), ...wanting.filter((name) => !queue.includes(name))];
}

function noExecuteTaint(ready: string): Taint | undefined {
  if (ready === 'False') return NOT_READY_NO_EXECUTE;
  return ready === 'Unknown' ? UNREACHABLE_NO_EXECUTE : undefined;
}

/** The node and the taint that it should have and has not. */
function untaintedOf(
  cache: Cache,
  name: string | undefined,
): { readonly node: Node; readonly taint: Taint } | undefined {
  const node = name === undefined ? undefined : cache.get(Nodes, name);
  const taint = noExecuteTaint(conditionOf(node?.status?.conditions, 'Ready')?.status ?? 'True');
  return node === undefined || taint === undefined || hasTaint(node, taint) ? undefined : { node, taint };
}

/** Takes one node a zone from its queue when the zone's rate allows. */
function taintingPass(
  request: Request<never, Monitor>,
  zones: ReadonlyMap<string, Zone>,
): { readonly zones: ReadonlyMap<string, Zone>; readonly writes: readonly Write[] } {
  const { cache, now, uptime } = request;
  const writes: Write[] = [];
  const after = new Map<string, Zone>();
  for (const [name, zone] of zones) {
    const { tainting: underWay, ...idle } = zone;
    const retried = zone.interval === undefined ? undefined : untaintedOf(cache, underWay);
    const allowed = zone.interval !== undefined && uptime >= zone.nextAt;
    const turn = retried ?? (allowed ? untaintedOf(cache, zone.queue[0]) : undefined);
    if (turn === undefined) {
      after.set(name, idle);
      continue;
    }
    writes.push(...swapTaints(turn.node, [turn.taint], [oppositeOf(turn.taint)], now));
    const { queue, interval = 0 } = zone;
    const tainting = turn.node.metadata.name;
    after.set(
      name,
      retried === undefined ? { ...zone, queue: queue.slice(1), nextAt: uptime + interval, tainting } : zone,
    );
  }
  return { zones: after, writes };
}

function optionsFrom(flags: Flags): Options {
  const duration = (name: string, fallback: Micros): Micros => {
    const given = flags.get(name);
    return given === undefined ? fallback : parseDuration(given);
  };
  const thousandths = (name: string, fallback: number): number => {
    const given = Number(flags.get(name) ?? NaN);
    return Number.isFinite(given) ? Math.round(given * 1000) : fallback;
  };
  return {
    period: duration('node-monitor-period', 5 * SECOND),
    grace: {
      monitor: duration('node-monitor-grace-period', 50 * SECOND),
      startup: duration('node-startup-grace-period', 60 * SECOND),
    },
    limits: {
      rate: thousandths('node-eviction-rate', 100),
      secondaryRate: thousandths('secondary-node-eviction-rate', 10),
      threshold: thousandths('unhealthy-zone-threshold', 550),
      largeCluster: flags.int('large-cluster-size-threshold', 50),
    },
  };
}
