import { Ports } from '../../api/ports.ts';
import { sshd } from '../../cli/ssh/sshd.ts';
import { etcd } from '../../control-plane/etcd/server/etcd.ts';
import { MILLISECOND, SECOND, type JsonObject, type Micros } from '../../sim/env.ts';
import { Kernel } from '../../sim/kernel.ts';
import { drainTrace } from '../../sim/kernel-trace.ts';
import { createInThread } from '../../sim/placement/in-thread.ts';
import type { HostSpec, Input } from '../../sim/session.ts';
import { DEFAULT_EPOCH } from '../cluster.ts';
import { GodView } from '../god-view.ts';
import { InvariantChecks, type Violation } from '../invariants/index.ts';
import { etcdFlags } from '../static-pods.ts';
import { defaultTopology, etcdHost, etcdMachines, type Topology } from '../topology.ts';
import { etcdClient, etcdKeeper, etcdWatcher, type MemberReport } from './etcd-clients.ts';
import { LEADER, type EtcdPlan } from './etcd-plan.ts';
import { notLinearizable, RegisterHistory } from './register-history.ts';

export { etcdPlanOf, type EtcdPlan } from './etcd-plan.ts';

export interface EtcdReport {
  readonly seed: number;
  readonly hash: string;
  readonly topology: string;
  readonly virtualSeconds: number;
  readonly events: number;
  readonly faults: number;
  readonly acknowledgedWrites: number;
  readonly elections: number;
  readonly operations: number;
  readonly unknown: number;
  readonly watched: number;
  /** Changes of the members that were applied. */
  readonly changes: number;
  readonly violations: readonly Violation[];
}

const CLIENTS = 5;
const WATCHERS = 2;
const REGISTERS = 4;
/** The longest wait between two operations of a client. */
const PAUSE: Micros = SECOND / 10;
/** Within it a healed cluster must have taken writes again and brought every member up to date. */
const RECOVERY: Micros = 15 * SECOND;
const REST: Micros = 5 * SECOND;

/** Safety while faults last; then every member must hold the same, and clients must have got on. */
export async function runEtcdPlan(plan: EtcdPlan, history = new RegisterHistory()): Promise<EtcdReport> {
  const checks = new InvariantChecks();
  const view = new GodView();
  const reports: MemberReport[] = [];
  let watched = 0;
  let changes = 0;
  const kernel = kernelOf(plan);
  kernel.world.trace.observed = true;
  const end = plan.calm + RECOVERY + 2 * REST;
  const inputs = [...plan.inputs];
  for (let going = true; going && checks.violations.length === 0;) {
    const due = inputs[0]?.at ?? end;
    const more = kernel.window(Math.min(due, end));
    going = typeof more === 'boolean' ? more : await more;
    if (!going && due < end) {
      for (; inputs[0]?.at === due; inputs.shift()) kernel.addInput(aimed(inputs[0], view));
      going = true;
    }
    const events = drainTrace(kernel.world.trace, kernel.horizon, !going);
    checks.see(events);
    view.fold(events);
    history.fold(events);
    for (const event of events) {
      if (event.kind === 'note' && event.note.type === 'cache') watched += event.note.revisions.length;
      if (event.kind === 'note' && event.note.type === 'raft.configuration' && event.note.member === 'etcd-1')
        changes++;
      if (event.kind === 'output' && event.process === 'keeper/etcd-keeper') reports.push(...memberReports(event.text));
    }
  }
  const operations = history.operations();
  const more = checks.violations.length > 0 ? [] : finalViolations(plan, history, reports, kernel.horizon);
  const crashes = view.crashes.filter((text) => text.includes('panic'));
  return {
    seed: plan.seed,
    hash: kernel.hash(),
    topology: `etcd ${plan.members}`,
    virtualSeconds: Math.round(kernel.horizon / SECOND),
    events: kernel.events,
    faults: view.faults,
    acknowledgedWrites: operations.filter(({ input, output }) => input.op !== 'read' && output === true).length,
    elections: view.elections,
    operations: operations.length,
    unknown: operations.filter(({ output }) => output === undefined).length,
    watched,
    changes,
    violations: [
      ...checks.violations,
      ...more,
      ...crashes.map((text) => ({ invariant: 'no component throws', at: kernel.horizon, text })),
    ],
  };
}

/** A fault that is meant for the leader hits whoever leads by now. */
function aimed(input: Input, view: GodView): Input {
  if (input.kind !== 'fault') return input;
  return { ...input, command: input.command.replaceAll(LEADER, view.leader ?? 'etcd-1') };
}

function kernelOf(plan: EtcdPlan): Kernel {
  const topology: Topology = { ...defaultTopology, etcd: 'external', etcdMembers: plan.members };
  const machines = etcdMachines(topology);
  const servers = machines.map(({ ip }) => `${ip}:${Ports.etcdClient}`);
  const client = (name: string, number: number, program: string, args: JsonObject): HostSpec => ({
    name,
    ip: `10.0.0.${number}`,
    role: 'laptop',
    init: [{ program, name: program, args: { servers, ...args } }],
  });
  const until = plan.calm + RECOVERY;
  const times = { keys: REGISTERS, until, pause: PAUSE, large: plan.large };
  const hosts: HostSpec[] = [
    ...machines.map((machine) => {
      const host = etcdHost(machine, topology, flagsOf(plan, etcdFlags(machine, topology)));
      return { ...host, init: host.init?.map((process) => ({ ...process, restartAfter: SECOND })) ?? [] };
    }),
    ...Array.from({ length: CLIENTS }, (_, i) => client(`client-${i + 1}`, 100 + i, 'etcd-client', times)),
    ...Array.from({ length: WATCHERS }, (_, i) => client(`watcher-${i + 1}`, 120 + i, 'etcd-watcher', {})),
    client('keeper', 130, 'etcd-keeper', { period: 4 * SECOND, end: until + REST, upkeep: plan.upkeep }),
  ];
  return new Kernel({
    seed: plan.seed,
    epoch: DEFAULT_EPOCH,
    machines: { hosts, defaultLatency: plan.latency, latencies: [] },
    placement: createInThread({
      etcd,
      sshd,
      'etcd-client': etcdClient,
      'etcd-watcher': etcdWatcher,
      'etcd-keeper': etcdKeeper,
    }),
  });
}

function flagsOf({ snapshotCount, election }: EtcdPlan, usual: readonly string[]): string[] {
  return [
    ...usual.filter((flag) => !flag.startsWith('--snapshot-count=')),
    `--snapshot-count=${snapshotCount}`,
    `--heartbeat-interval=${election / 10 / MILLISECOND}`,
    `--election-timeout=${election / MILLISECOND}`,
  ];
}

function memberReports(text: string): MemberReport[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): MemberReport => JSON.parse(line));
}

function finalViolations(
  plan: EtcdPlan,
  history: RegisterHistory,
  reports: readonly MemberReport[],
  at: Micros,
): Violation[] {
  const found: Violation[] = [];
  for (const key of notLinearizable(history.operations()))
    found.push({ invariant: 'linearizable', at, text: `what clients saw of register ${key}` });
  const agreed = new Set(reports.map(({ hash, revision }) => `revision ${revision} hash ${hash}`));
  if (reports.length < plan.members || agreed.size > 1)
    found.push({
      invariant: 'members agree when healed',
      at,
      text: `${reports.length} of ${plan.members} members answer: ${[...agreed].join(', ')}`,
    });
  const late = history.operations().filter(({ returned }) => returned > plan.calm && returned < Infinity);
  if (late.length < 100)
    found.push({ invariant: 'settles when healed', at, text: `${late.length} operations were answered after it` });
  return found;
}
