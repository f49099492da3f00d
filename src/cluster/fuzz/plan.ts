import { MINUTE, SECOND, type Micros, type Random } from '../../sim/env.ts';
import { createRandom } from '../../sim/random.ts';
import type { Input } from '../../sim/session.ts';
import {
  controlPlaneMachines,
  defaultTopology,
  etcdMachines,
  workerMachines,
  type Machine,
  type Topology,
} from '../topology.ts';

/** What a seed stands for: a topology, a workload and faults, all drawn before the run begins. */
export interface RandomPlan {
  readonly seed: number;
  readonly style: FaultStyle;
  readonly topology: Topology;
  readonly inputs: readonly Input[];
  /** Faults end and the cluster must settle from here on. */
  readonly calm: Micros;
}

export const BOOT: Micros = 45 * SECOND;
/** After the faults the operator puts right what was asked for: uncordons, and images that exist. */
const TIDY: readonly Micros[] = [60 * SECOND, 120 * SECOND];

/** An app whose pods ask for so much CPU that a node takes few of them. */
const DEMANDING = 'demanding';
const demanding = (replicas: number): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: DEMANDING },
    spec: {
      replicas,
      selector: { matchLabels: { app: DEMANDING } },
      template: {
        metadata: { labels: { app: DEMANDING } },
        spec: { containers: [{ name: 'nginx', image: 'nginx', resources: { requests: { cpu: '700m' } } }] },
      },
    },
  });

interface App {
  readonly name: string;
  readonly image: string;
}
const IMAGES = ['nginx', 'httpd', 'redis'] as const;
const APPS: readonly App[] = [0, 1, 2, 3].map((i) => ({
  name: `app-${i}`,
  image: IMAGES[i % IMAGES.length] ?? 'nginx',
}));
const nodePort = (index: number) => 30080 + index;

function oneOf<T>(random: Random, choices: readonly T[], otherwise: T): T {
  return choices[random.below(choices.length)] ?? otherwise;
}

/** Which faults are drawn: any, or often and only such as make another scheduler or controller manager lead, or put clocks wrong. */
export const FAULT_STYLES = ['any', 'leaders', 'clocks'] as const;
export type FaultStyle = (typeof FAULT_STYLES)[number];

export function planOf(seed: number, minutes: number, style: FaultStyle = 'any'): RandomPlan {
  const random = createRandom(seed, 'plan');
  const topology: Topology = {
    ...defaultTopology,
    controlPlanes: oneOf(random, [1, 3, 3, 3, 3, 5], 3),
    workers: oneOf(random, [1, 2, 2, 3, 3, 4, 5, 10], 3),
    controlPlaneNodes: random.chance(3, 4),
    etcd: random.chance(1, 3) ? 'external' : 'stacked',
    etcdMembers: oneOf(random, [1, 3, 3, 5], 3),
  };
  const calm = minutes * MINUTE;
  const inputs = [
    ...workload(random, topology, calm),
    ...faults(random, topology, calm, style),
    { at: calm, kind: 'fault', command: 'heal all' } as const,
    ...TIDY.flatMap((after) => tidy(topology, calm + after)),
    ...(style === 'any' ? replacement(seed, topology, calm) : []),
  ];
  return { seed, style, topology, inputs: inputs.sort((a, b) => a.at - b.at), calm };
}

const SESSIONS = 3;
const message = (at: Micros, value: object): Input => ({
  at,
  kind: 'text',
  process: 'laptop/terminal',
  text: JSON.stringify(value),
});

/** Whatever the terminal was still busy with is interrupted. */
function typed(at: Micros, session: number, text: string): Input[] {
  return [message(at, { session, kind: 'interrupt' }), message(at + 10_000, { session, kind: 'line', text })];
}

/** Saves the manifest as the editor does, and applies it. */
function applied(at: Micros, replicas: number): Input[] {
  const file = { session: 1, kind: 'file', path: 'demanding.yaml', text: demanding(replicas) };
  return [message(at, file), ...typed(at + 20_000, 1, 'kubectl apply -f demanding.yaml')];
}

function workload(random: Random, topology: Topology, until: Micros): Input[] {
  const workers = workerMachines(topology);
  const inputs: Input[] = [];
  for (let session = 1; session <= SESSIONS; session++) inputs.push(message(BOOT - SECOND, { session, kind: 'open' }));
  inputs.push(...applied(BOOT, 1 + random.below(8)));
  let apps = 0;
  let turn = 0;
  for (let at = BOOT; at < until - 10 * SECOND; at += (3 + random.below(17)) * SECOND) {
    const session = 1 + (turn++ % SESSIONS);
    if (apps < APPS.length && (apps === 0 || random.chance(1, 3))) {
      const { name, image } = APPS[apps] ?? { name: 'app-0', image: 'nginx' };
      const replicas = 1 + random.below(5);
      inputs.push(...typed(at, session, `kubectl create deployment ${name} --image=${image} --replicas=${replicas}`));
      inputs.push(
        ...typed(
          at + SECOND,
          session,
          `kubectl create service nodeport ${name} --tcp=80:80 --node-port=${nodePort(apps)}`,
        ),
      );
      apps++;
      continue;
    }
    if (random.chance(1, 8)) {
      inputs.push(...applied(at, random.below(9)));
      continue;
    }
    if (random.chance(1, 4)) {
      const url = `http://${oneOf(random, workers, workers[0])?.ip ?? ''}:${nodePort(random.below(apps))}/`;
      inputs.push({ at, kind: 'text', process: 'internet/internet', text: JSON.stringify({ url }) });
      continue;
    }
    inputs.push(...typed(at, session, command(random, topology, APPS[random.below(apps)] ?? APPS[0])));
  }
  return inputs;
}

function command(random: Random, topology: Topology, app: App | undefined): string {
  const { name, image } = app ?? { name: 'app-0', image: 'nginx' };
  const worker = oneOf(
    random,
    workerMachines(topology).map((machine) => machine.name),
    'worker-1',
  );
  const choices = [
    `kubectl scale deployment ${name} --replicas=${random.below(7)}`,
    `kubectl scale deployment ${name} --replicas=${random.below(7)}`,
    `kubectl rollout restart deployment ${name}`,
    `kubectl rollout undo deployment ${name}`,
    `kubectl rollout status deployment ${name} --timeout=20s`,
    `kubectl set image deployment ${name} ${image}=${image}:no-such-tag`,
    `kubectl set image deployment ${name} ${image}=${image}`,
    `kubectl delete pods -l app=${name} --wait=false`,
    `kubectl delete pods -l app=${name} --force --grace-period=0`,
    `kubectl expose deployment ${name} --port=80 --name=${name}-too`,
    `kubectl delete service ${name}-too`,
    `kubectl delete replicasets -l app=${name} --cascade=orphan`,
    `kubectl get pods -A -o wide`,
    `kubectl cordon ${worker}`,
    `kubectl uncordon ${worker}`,
    `kubectl drain ${worker} --ignore-daemonsets --force --timeout=20s`,
    `kubectl create configmap notes-${random.below(3)} --from-literal=a=${random.below(100)}`,
    `kubectl delete configmap notes-${random.below(3)}`,
    `kubectl label deployment ${name} tier=t${random.below(5)} --overwrite`,
  ];
  return oneOf(random, choices, 'kubectl get nodes');
}

function tidy(topology: Topology, at: Micros): Input[] {
  const lines = [
    ...workerMachines(topology).map(({ name }) => `kubectl uncordon ${name}`),
    ...APPS.map(({ name, image }) => `kubectl set image deployment ${name} ${image}=${image}`),
    // Pods that were orphaned with an image that does not exist would stay so for ever.
    ...APPS.map(({ name }) => `kubectl delete pods -l app=${name} --wait=false`),
    // Pods that were evicted stay for somebody to look at.
    'kubectl delete pods --field-selector=status.phase=Failed --wait=false',
  ];
  const inputs = lines.flatMap((text, i) => typed(at + i * SECOND, 1 + (i % SESSIONS), text));
  // As many as surely fit.
  return [...inputs, ...applied(at + lines.length * SECOND, 1)];
}

const namesOf = (machines: readonly Machine[]): string[] => machines.map(({ name }) => name);

type Choice = readonly [inject: string, heal: string | undefined];

function faults(random: Random, topology: Topology, until: Micros, style: FaultStyle): Input[] {
  const inputs: Input[] = [];
  const pause = style === 'any' ? { least: 15, more: 45 } : { least: 4, more: 8 };
  for (
    let at = BOOT + random.below(20) * SECOND;
    at < until - 30 * SECOND;
    at += (pause.least + random.below(pause.more)) * SECOND
  ) {
    const [inject, heal] = oneOf<Choice>(random, choicesOf[style](random, topology), ['heal all', undefined]);
    inputs.push({ at, kind: 'fault', command: inject });
    if (heal !== undefined) inputs.push({ at: at + (5 + random.below(60)) * SECOND, kind: 'fault', command: heal });
  }
  return inputs;
}

/** The operator waits until every back-off is over, so that the others have a quorum. */
const REPLACED: Micros = 330 * SECOND;
const OPERATOR = SESSIONS + 1;

/** In some runs a member of etcd loses its log to a flipped bit: nothing heals that, it must be replaced by a new one. */
function replacement(seed: number, topology: Topology, calm: Micros): Input[] {
  const random = createRandom(seed, 'replacement');
  const machines = etcdMachines(topology);
  if (topology.etcd !== 'stacked' || !topology.controlPlaneNodes || machines.length < 3 || !random.chance(1, 4))
    return [];
  const { name, ip } = oneOf(random, machines, { name: '', ip: '' });
  const at = BOOT + random.below((calm - BOOT) / SECOND) * SECOND;
  const steps: readonly (readonly [seconds: number, line: string])[] = [
    [0, `etcdctl member remove $(etcdctl member list | grep ${name} | cut -d, -f1)`],
    [5, `ssh ${name} mv /etc/kubernetes/manifests/etcd.yaml /root/`],
    [35, `ssh ${name} rm -rf /var/lib/etcd`],
    [37, `ssh ${name} sed -i s/--initial-cluster-state=new/--initial-cluster-state=existing/ /root/etcd.yaml`],
    [40, `etcdctl member add ${name} --peer-urls=https://${ip}:2380`],
    [45, `ssh ${name} mv /root/etcd.yaml /etc/kubernetes/manifests/`],
  ];
  return [
    { at, kind: 'fault', command: `corrupt ${name}/etcd wal` },
    { at: at + SECOND, kind: 'fault', command: `kill ${name}/etcd` },
    message(calm, { session: OPERATOR, kind: 'open' }),
    ...steps.flatMap(([seconds, line]) => typed(calm + REPLACED + seconds * SECOND, OPERATOR, line)),
  ];
}

function leaderFaults(random: Random, topology: Topology): Choice[] {
  const machine = oneOf(random, namesOf(controlPlaneMachines(topology)), 'cp-1');
  return [
    [`power-off ${machine}`, `power-on ${machine}`],
    ...['kube-scheduler', 'kube-controller-manager'].flatMap((name): Choice[] => [
      [`kill ${machine}/${name}`, undefined],
      [`pause ${machine}/${name}`, 'heal pause'],
      [`slow ${machine}/${name} ${2 + random.below(60)}x`, 'heal slow'],
    ]),
  ];
}

/** Two holders that look at each other's clocks differ by more than a lease lasts. */
function clockFaults(random: Random, topology: Topology): Choice[] {
  const machine = oneOf(random, namesOf(controlPlaneMachines(topology)), 'cp-1');
  const sign = random.chance(1, 2) ? '+' : '-';
  return [[`clock-skew ${machine} ${sign}${1 + random.below(120)}s`, 'heal clock-skew']];
}

function faultChoices(random: Random, topology: Topology): Choice[] {
  const controlPlanes = namesOf(controlPlaneMachines(topology));
  const workers = namesOf(workerMachines(topology));
  const etcd = namesOf(etcdMachines(topology));
  const all = [...new Set([...etcd, ...controlPlanes, ...workers])];
  const one = (names: readonly string[]) => oneOf(random, names, 'cp-1');
  const machine = one(all);
  const other = one(['balancer', ...all].filter((name) => name !== machine));
  const some = all.filter(() => random.chance(1, 3));
  const side = some.length === 0 || some.length === all.length ? [machine] : some;
  const controlPlane = one(controlPlanes);
  const member = one(etcd);
  const component = one([
    `${member}/etcd`,
    ...['kube-apiserver', 'kube-scheduler', 'kube-controller-manager'].map((name) => `${controlPlane}/${name}`),
  ]);
  const sign = random.chance(1, 2) ? '+' : '-';
  const skew = `${sign}${1 + random.below(120)}s`;
  return [
    [`power-off ${machine}`, `power-on ${machine}`],
    [`power-off ${controlPlane}`, `power-on ${controlPlane}`],
    [`partition ${machine}`, 'heal partition'],
    [`partition ${side.join(' ')}`, 'heal partition'],
    [`partition ${machine} -> ${other}`, 'heal partition'],
    [`partition ${other} -> ${machine}`, 'heal partition'],
    [`partition ${machine} | ${other}`, 'heal partition'],
    [`loss ${5 + random.below(30)}% ${machine}`, 'heal loss'],
    [`loss ${5 + random.below(30)}% --one-way ${machine}`, 'heal loss'],
    [`duplicate ${5 + random.below(60)}% ${machine}`, 'heal duplicate'],
    [`latency ${5 + random.below(200)}ms+-${1 + random.below(100)}ms ${machine}`, 'heal latency'],
    [`slow-disk ${member} ${10 + random.below(300)}ms`, 'heal slow-disk'],
    [`full-disk ${member}`, 'heal full-disk'],
    [`full-disk ${machine}`, 'heal full-disk'],
    [`torn-write ${member}`, `power-on ${member}`],
    [`clock-skew ${machine} ${skew}`, 'heal clock-skew'],
    [`clock-skew ${machine} ${sign}${1 + random.below(200)}ms/s`, 'heal clock-skew'],
    [`slow ${component} ${2 + random.below(60)}x`, 'heal slow'],
    [`slow ${machine} ${2 + random.below(20)}x`, 'heal slow'],
    [`pause ${machine}`, 'heal pause'],
    [`pause ${component}`, 'heal pause'],
    [`pause ${machine}/kubelet`, 'heal pause'],
    [`kill ${component}`, undefined],
    [`kill ${component}`, undefined],
    [`kill ${machine}/kubelet`, undefined],
    [`kill ${one(workers)}/containerd`, undefined],
  ];
}

const choicesOf: Readonly<Record<FaultStyle, (random: Random, topology: Topology) => Choice[]>> = {
  any: faultChoices,
  leaders: leaderFaults,
  clocks: clockFaults,
};
