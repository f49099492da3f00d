import { MINUTE, SECOND, type Micros, type ProgramTable } from '../sim/env.ts';
import { createInThread } from '../sim/placement/in-thread.ts';
import type { HostSpec } from '../sim/session.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { Cluster } from './cluster.ts';
import { ownerClient } from './fuzz/owner-client.ts';
import { BOOT, type RandomPlan } from './fuzz/plan.ts';
import { registerClient } from './fuzz/register-client.ts';
import { notLinearizable, RegisterHistory } from './fuzz/register-history.ts';
import { rest } from './fuzz/rest.ts';
import { RunWatch } from './fuzz/run-watch.ts';
import { unsettled } from './fuzz/settled.ts';
import type { GodView } from './god-view.ts';
import { InvariantChecks, type Violation } from './invariants/index.ts';
import { programs } from './programs.ts';
import { Endpoint } from './topology.ts';

export { etcdPlanOf, runEtcdPlan } from './fuzz/etcd-run.ts';
export { planOf, type RandomPlan } from './fuzz/plan.ts';

export interface RunReport {
  readonly seed: number;
  readonly hash: string;
  readonly topology: string;
  readonly virtualSeconds: number;
  readonly events: number;
  readonly faults: number;
  readonly acknowledgedWrites: number;
  readonly elections: number;
  readonly podsStarted: number;
  /** Operations of the clients whose history was found linearizable, or not. */
  readonly operations: number;
  readonly visits: number;
  /** What the garbage collector has deleted. */
  readonly collected: number;
  readonly violations: readonly Violation[];
}

/** How long a healed cluster may take to settle: eviction (50 s + 300 s), back-offs up to 300 s, and some room. */
const SETTLE_LIMIT: Micros = 12 * MINUTE;
/** What his last command may take, such as an API server that has to be found first. */
const OPERATOR_WORKS: Micros = 20 * SECOND;
/** Statuses and caches that trail what was just settled. */
const LAST_TOUCHES: Micros = 15 * SECOND;

const CLIENTS = 5;
const REGISTERS = 8;
const FAMILIES = 3;

interface ClientTimes {
  readonly from: Micros;
  readonly until: Micros;
  /** The longest wait between two operations. */
  readonly pause: Micros;
}

/** A machine whose client makes and deletes what owns and is owned. */
function ownerClientHost(times: ClientTimes): HostSpec {
  const args = { server: Endpoint, families: FAMILIES, ...times, pause: 2 * times.pause };
  const init = [{ program: 'owner-client', name: 'owner-client', args }];
  return { name: 'client-owner', ip: `10.0.0.${100 + CLIENTS}`, role: 'laptop', init };
}

/** Machines with one client each, which all use the same few ConfigMaps. */
export function registerClients(times: ClientTimes): HostSpec[] {
  return Array.from({ length: CLIENTS }, (_, i) => ({
    name: `client-${i + 1}`,
    ip: `10.0.0.${100 + i}`,
    role: 'laptop',
    init: [
      {
        program: 'register-client',
        name: 'register-client',
        args: { server: Endpoint, keys: REGISTERS, ...times },
      },
    ],
  }));
}

/** Safety while faults last, liveness after they are healed, rest at last. `table`: programs other than the usual ones. */
export async function runPlan(plan: RandomPlan, table: ProgramTable = programs): Promise<RunReport> {
  const checks = new InvariantChecks();
  const watch = new RunWatch();
  const history = new RegisterHistory();
  const times = { from: BOOT, until: plan.calm, pause: 2 * SECOND };
  const cluster = new Cluster({
    seed: plan.seed,
    topology: plan.topology,
    inputs: plan.inputs,
    hosts: [...registerClients(times), ownerClientHost(times)],
    placement: createInThread({ ...table, 'register-client': registerClient, 'owner-client': ownerClient }),
    onTrace: (events: readonly TraceEvent[]) => {
      checks.see(events);
      watch.fold(events);
      history.fold(events);
    },
  });
  const wrong = () => checks.violations.length > 0;
  await cluster.runUntil(wrong, plan.calm + SECOND - cluster.now);
  const more = wrong() ? [] : await settleAndRest(cluster, plan, watch, wrong);
  for (const key of notLinearizable(history.operations()))
    more.push({ invariant: 'linearizable', at: cluster.now, text: `what clients saw of register-${key}` });
  const { view } = cluster;
  const { controlPlanes, workers, controlPlaneNodes, etcd, etcdMembers } = plan.topology;
  return {
    seed: plan.seed,
    hash: cluster.hash(),
    topology: `${controlPlanes}+${workers}${controlPlaneNodes ? '' : ' bare'}${etcd === 'external' ? ` etcd ${etcdMembers}` : ''}`,
    virtualSeconds: Math.round(cluster.now / SECOND),
    events: cluster.kernel.events,
    faults: view.faults,
    acknowledgedWrites: view.acknowledgedWrites,
    elections: view.elections,
    podsStarted: view.podsStarted,
    operations: history.calls,
    visits: view.visits.length,
    collected: watch.collected,
    violations: [...checks.violations, ...more, ...crashes(view)],
  };
}

async function settleAndRest(
  cluster: Cluster,
  plan: RandomPlan,
  watch: RunWatch,
  wrong: () => boolean,
): Promise<Violation[]> {
  // Nothing is at rest while the operator is still at work.
  const done = Math.max(plan.calm, plan.inputs.at(-1)?.at ?? 0) + OPERATOR_WORKS;
  await cluster.runUntil(wrong, done - cluster.now);
  let looked: Micros = 0;
  const amiss = (view: GodView) => unsettled(view, watch, plan.topology, cluster.now);
  const settled = await cluster.runUntil((view) => {
    if (wrong()) return true;
    if (cluster.now < looked + SECOND) return false;
    looked = cluster.now;
    return amiss(view) === '';
  }, SETTLE_LIMIT);
  if (wrong()) return [];
  const at = cluster.now;
  if (!settled) return [{ invariant: 'settles when healed', at, text: amiss(cluster.view) }];
  await cluster.runUntil(wrong, LAST_TOUCHES);
  const amissAtRest = await rest(cluster, watch, wrong);
  if (amissAtRest !== '') return [{ invariant: 'at rest', at: cluster.now, text: amissAtRest }];
  const again = amiss(cluster.view);
  return again === '' ? [] : [{ invariant: 'stays settled', at: cluster.now, text: again }];
}

/** A component that threw is our bug, whatever the cluster made of it. */
function crashes(view: GodView): Violation[] {
  return view.crashes
    .filter((text) => text.includes('panic'))
    .map((text) => ({ invariant: 'no component throws', at: 0, text }));
}

/** A run in which too little happened proves nothing. */
export function shortfall(report: RunReport, minutes: number): string | undefined {
  const least = {
    acknowledgedWrites: 50 * minutes,
    elections: 1,
    faults: minutes,
    podsStarted: 5,
    operations: 100 * (minutes - 2),
    visits: Math.floor(minutes / 4),
    collected: 2 * (minutes - 2),
  };
  const missing = Object.entries(least).filter(([name, count]) => Number(Reflect.get(report, name)) < count);
  return missing.length === 0
    ? undefined
    : missing.map(([name, count]) => `${name} ${String(Reflect.get(report, name))} < ${count}`).join(', ');
}
