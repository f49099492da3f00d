import type { Deployment } from '../api/types.gen.ts';
import { isConditionTrue } from '../api/conditions.ts';
import type { Node } from '../api/types.gen.ts';
import { MINUTE, SECOND, type Micros, type Random } from '../sim/env.ts';
import { createRandom } from '../sim/random.ts';
import type { Input } from '../sim/session.ts';
import { Cluster } from './cluster.ts';
import type { GodView } from './god-view.ts';
import { InvariantChecks, type Violation } from './invariants/index.ts';
import { controlPlaneMachines, defaultTopology, workerMachines, type Topology } from './topology.ts';

/** What a seed stands for: a topology, a workload and faults, all drawn before the run begins. */
export interface RandomPlan {
  readonly seed: number;
  readonly topology: Topology;
  readonly inputs: readonly Input[];
  /** Faults end and the cluster must settle from here on. */
  readonly calm: Micros;
}

export interface RunReport {
  readonly seed: number;
  readonly hash: string;
  readonly virtualSeconds: number;
  readonly events: number;
  readonly faults: number;
  readonly acknowledgedWrites: number;
  readonly elections: number;
  readonly podsStarted: number;
  readonly violations: readonly Violation[];
}

/** How long a healed cluster may take to settle: eviction (50 s + 300 s), back-offs up to 300 s, and some room. */
const SETTLE_LIMIT: Micros = 12 * MINUTE;
const BOOT: Micros = 45 * SECOND;

export function planOf(seed: number, minutes: number): RandomPlan {
  const random = createRandom(seed, 'plan');
  const topology: Topology = {
    ...defaultTopology,
    controlPlanes: random.chance(1, 5) ? 1 : 3,
    workers: 2 + random.below(3),
  };
  const calm = minutes * MINUTE;
  const inputs = [...workload(random, calm), ...faults(random, topology, calm)].sort((a, b) => a.at - b.at);
  return { seed, topology, inputs: [...inputs, { at: calm, kind: 'fault', command: 'heal all' }], calm };
}

const typed = (at: Micros, text: string): Input => ({
  at,
  kind: 'text',
  process: 'laptop/terminal',
  text: JSON.stringify({ session: 1, kind: 'line', text }),
});

function workload(random: Random, until: Micros): Input[] {
  const inputs: Input[] = [
    { at: BOOT - SECOND, kind: 'text', process: 'laptop/terminal', text: JSON.stringify({ session: 1, kind: 'open' }) },
  ];
  const names: string[] = [];
  for (let at = BOOT; at < until - 10 * SECOND; at += (5 + random.below(25)) * SECOND) {
    if (names.length < 4 && (names.length === 0 || random.chance(1, 3))) {
      const name = `app-${names.length}`;
      names.push(name);
      const image = ['nginx', 'httpd', 'redis'][random.below(3)] ?? 'nginx';
      inputs.push(typed(at, `kubectl create deployment ${name} --image=${image} --replicas=${1 + random.below(5)}`));
      continue;
    }
    const name = names[random.below(names.length)] ?? 'app-0';
    const choices = [
      `kubectl scale deployment ${name} --replicas=${random.below(7)}`,
      `kubectl rollout restart deployment ${name}`,
      `kubectl delete pods -l app=${name} --wait=false`,
      `kubectl expose deployment ${name} --port=80`,
      `kubectl get pods -o wide`,
    ];
    inputs.push(typed(at, choices[random.below(choices.length)] ?? ''));
  }
  return inputs;
}

function faults(random: Random, topology: Topology, until: Micros): Input[] {
  const controlPlanes = controlPlaneMachines(topology).map(({ name }) => name);
  const workers = workerMachines(topology).map(({ name }) => name);
  const all = [...controlPlanes, ...workers];
  const inputs: Input[] = [];
  const one = (names: readonly string[]) => names[random.below(names.length)] ?? '';
  const component = () =>
    `${one(controlPlanes)}/${one(['etcd', 'kube-apiserver', 'kube-scheduler', 'kube-controller-manager'])}`;
  for (let at = BOOT + random.below(20) * SECOND; at < until - 30 * SECOND; at += (15 + random.below(45)) * SECOND) {
    const machine = one(all);
    const [inject, heal] = one2(random, [
      [`power-off ${machine}`, `power-on ${machine}`],
      [`partition ${machine}`, 'heal partition'],
      [`partition ${machine} -> ${one(all.filter((name) => name !== machine))}`, 'heal partition'],
      [`loss ${5 + random.below(30)}% ${machine}`, 'heal loss'],
      [`latency ${5 + random.below(200)}ms ${machine}`, 'heal latency'],
      [`slow-disk ${one(controlPlanes)} ${10 + random.below(300)}ms`, 'heal slow-disk'],
      [`pause ${machine}`, 'heal pause'],
      [`kill ${component()}`, undefined],
      [`kill ${machine}/kubelet`, undefined],
    ]);
    inputs.push({ at, kind: 'fault', command: inject });
    if (heal !== undefined) inputs.push({ at: at + (5 + random.below(60)) * SECOND, kind: 'fault', command: heal });
  }
  return inputs;
}

function one2(
  random: Random,
  choices: readonly (readonly [string, string | undefined])[],
): readonly [string, string | undefined] {
  return choices[random.below(choices.length)] ?? ['heal all', undefined];
}

/** Safety while faults last, liveness after they are healed. */
export async function runPlan(plan: RandomPlan): Promise<RunReport> {
  const checks = new InvariantChecks();
  const cluster = new Cluster({
    seed: plan.seed,
    topology: plan.topology,
    inputs: plan.inputs,
    onTrace: (events) => checks.see(events),
  });
  await cluster.runUntilTime(plan.calm + SECOND);
  const violations = [...checks.violations];
  if (violations.length === 0) {
    const settled = await cluster.runUntil((view) => settledView(view, plan.topology), SETTLE_LIMIT);
    violations.push(...checks.violations);
    if (!settled)
      violations.push({
        invariant: 'settles when healed',
        at: cluster.now,
        text: unsettled(cluster.view, plan.topology),
      });
  }
  const { view } = cluster;
  return {
    seed: plan.seed,
    hash: cluster.hash(),
    virtualSeconds: Math.round(cluster.now / SECOND),
    events: cluster.kernel.events,
    faults: view.faults,
    acknowledgedWrites: view.acknowledgedWrites,
    elections: view.elections,
    podsStarted: view.podsStarted,
    violations: [...violations, ...crashes(view)],
  };
}

/** A component that threw is our bug, whatever the cluster made of it. */
function crashes(view: GodView): Violation[] {
  return view.crashes
    .filter((text) => text.includes('panic'))
    .map((text) => ({ invariant: 'no component throws', at: 0, text }));
}

function settledView(view: GodView, topology: Topology): boolean {
  return unsettled(view, topology) === '';
}

function unsettled(view: GodView, topology: Topology): string {
  const nodes = view.list<Node>('/registry/minions/');
  const expected = topology.workers + (topology.controlPlaneNodes ? topology.controlPlanes : 0);
  const notReady = nodes.filter(
    (node) =>
      !isConditionTrue(node.status?.conditions, 'Ready') ||
      (node.spec.taints ?? []).some(({ key }) => key.startsWith('node.kubernetes.io/')),
  );
  if (nodes.length < expected || notReady.length > 0)
    return `nodes: ${nodes.length} of ${expected}, not ready: ${notReady.map((node) => node.metadata.name).join(' ')}`;
  const behind = view.list<Deployment>('/registry/deployments/').filter((deployment) => {
    const wanted = deployment.spec.replicas ?? 1;
    const { status } = deployment;
    return (
      (status?.observedGeneration ?? 0) < (deployment.metadata.generation ?? 0) ||
      (status?.availableReplicas ?? 0) !== wanted ||
      (status?.updatedReplicas ?? 0) !== wanted ||
      (status?.replicas ?? 0) !== wanted
    );
  });
  return behind.length === 0
    ? ''
    : `deployments: ${behind.map((deployment) => `${deployment.metadata.name} ${deployment.status?.availableReplicas ?? 0}/${deployment.spec.replicas ?? 1}`).join(' ')}`;
}

/** A run in which too little happened proves nothing. */
export function shortfall(report: RunReport, minutes: number): string | undefined {
  const least = { acknowledgedWrites: 10 * minutes, elections: 1, faults: minutes, podsStarted: 5 };
  const missing = Object.entries(least).filter(([name, count]) => Number(Reflect.get(report, name)) < count);
  return missing.length === 0
    ? undefined
    : missing.map(([name, count]) => `${name} ${String(Reflect.get(report, name))} < ${count}`).join(', ');
}
