import { Door } from '../api/door.ts';
import { etcdPkiOf } from '../api/etcd-pki.ts';
import { ClusterDefaults, Ports } from '../api/ports.ts';
import { MILLISECOND, SECOND, type JsonObject } from '../sim/env.ts';
import type { HostSpec, InitProcess, Machines } from '../sim/session.ts';
import { etcdFlags, staticPods } from './static-pods.ts';

/** What a person chooses about a cluster; saved in recordings and share links. */
export interface Topology {
  readonly controlPlanes: number;
  readonly workers: number;
  /** Names of workers: prefix and the number of the first. Default `worker-`, 1. */
  readonly workerPrefix: string;
  readonly firstWorker: number;
  /** Control-plane machines run a kubelet and are nodes themselves (kubeadm). False: their processes are started by init, and only workers are nodes. */
  readonly controlPlaneNodes: boolean;
  /** Stacked: a member on each control-plane machine. External: on machines of their own, which are no nodes. */
  readonly etcd: 'stacked' | 'external';
  /** How many machines external etcd has. */
  readonly etcdMembers: number;
  /** A machine for clients from outside the run (cli/door): only where there is a door, so that other runs stay as they are. */
  readonly door: boolean;
}

export const defaultTopology: Topology = {
  controlPlanes: 3,
  workers: 3,
  workerPrefix: 'worker-',
  firstWorker: 1,
  controlPlaneNodes: true,
  etcd: 'stacked',
  etcdMembers: 3,
  door: false,
};

export const limits = {
  controlPlanes: [1, 3, 5, 7],
  workers: { least: 0, most: 5000 },
  etcdMembers: [1, 3, 5],
} as const;

/** Reads a topology from a recording or a URL. Throws with a message for the person who gave it. */
export function parseTopology(value: JsonObject): Topology {
  const controlPlanes = oneOfNumbers(value, 'controlPlanes');
  const workers = numberOr(value['workers'], defaultTopology.workers, 'workers');
  if (workers < limits.workers.least || workers > limits.workers.most)
    throw new Error(`workers must be between ${limits.workers.least} and ${limits.workers.most}: got ${workers}`);
  const prefix = value['workerPrefix'] ?? defaultTopology.workerPrefix;
  if (typeof prefix !== 'string' || !/^[a-z0-9]([-a-z0-9]{0,40})?$/.test(prefix))
    throw new Error(`workerPrefix must be lower case letters, digits and '-': got ${JSON.stringify(prefix)}`);
  const clash = ['cp-', 'etcd-'].find((taken) => taken === prefix);
  if (clash !== undefined) throw new Error(`workerPrefix ${JSON.stringify(clash)} names other machines`);
  const controlPlaneNodes = value['controlPlaneNodes'] ?? true;
  if (typeof controlPlaneNodes !== 'boolean') throw new Error('controlPlaneNodes must be true or false');
  const etcd = value['etcd'] ?? defaultTopology.etcd;
  if (etcd !== 'stacked' && etcd !== 'external')
    throw new Error(`etcd must be stacked or external: got ${JSON.stringify(etcd)}`);
  const door = value['door'] ?? false;
  if (typeof door !== 'boolean') throw new Error('door must be true or false');
  return {
    controlPlanes,
    workers,
    workerPrefix: prefix,
    firstWorker: numberOr(value['firstWorker'], defaultTopology.firstWorker, 'firstWorker'),
    controlPlaneNodes,
    etcd,
    etcdMembers: oneOfNumbers(value, 'etcdMembers'),
    door,
  };
}

function oneOfNumbers(value: JsonObject, name: 'controlPlanes' | 'etcdMembers'): number {
  const number = numberOr(value[name], defaultTopology[name], name);
  if (!limits[name].some((allowed) => allowed === number))
    throw new Error(`${name} must be one of ${limits[name].join(', ')}: got ${number}`);
  return number;
}

function numberOr(value: unknown, fallback: number, name: string): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new Error(`${name} must be a whole number`);
  return value;
}

export function topologyJson(topology: Topology): JsonObject {
  return { ...topology };
}

const balancerIp = '10.0.0.10';
export const Endpoint = `${balancerIp}:${Ports.apiserver}`;

export interface Machine {
  readonly name: string;
  readonly ip: string;
}
export function controlPlaneMachines(topology: Topology): Machine[] {
  return Array.from({ length: topology.controlPlanes }, (_, i) => ({ name: `cp-${i + 1}`, ip: `10.0.0.${11 + i}` }));
}
/** Where etcd runs: apart, or on the control-plane machines. */
export function etcdMachines(topology: Topology): Machine[] {
  if (topology.etcd === 'stacked') return controlPlaneMachines(topology);
  return Array.from({ length: topology.etcdMembers }, (_, i) => ({ name: `etcd-${i + 1}`, ip: `10.0.0.${4 + i}` }));
}
/** Workers start at 10.0.0.21 and go on through 10.0.0.0/16. */
export function workerMachines(topology: Topology): Machine[] {
  return Array.from({ length: topology.workers }, (_, i) => {
    const number = 21 + i;
    return {
      name: `${topology.workerPrefix}${topology.firstWorker + i}`,
      ip: `10.0.${Math.floor(number / 250)}.${number % 250}`,
    };
  });
}

const doorHost: HostSpec = {
  name: Door.host,
  ip: Door.ip,
  role: 'door',
  init: [{ program: Door.program, name: 'door', args: { argv: [`--server=${Endpoint}`] }, restartAfter: SECOND }],
};

const sshd: InitProcess = { program: 'sshd', name: 'sshd', args: {}, restartAfter: SECOND };
const containerd: InitProcess = { program: 'containerd', name: 'containerd', args: {}, restartAfter: 5 * SECOND };

function kubelet(machine: Machine, flags: readonly string[]): InitProcess {
  const argv = [
    `--hostname-override=${machine.name}`,
    `--node-ip=${machine.ip}`,
    `--api-servers=${Endpoint}`,
    '--pod-manifest-path=/etc/kubernetes/manifests',
    `--cluster-dns=${ClusterDefaults.dnsServiceIp}`,
    `--cluster-domain=${ClusterDefaults.dnsDomain}`,
    ...flags,
  ];
  return { program: 'kubelet', name: 'kubelet', args: { argv }, restartAfter: 10 * SECOND };
}

/** Machines with what kubeadm and an operator would have put on them; everything else happens after power-on. */
export function machinesOf(topology: Topology): Machines {
  const controlPlanes = controlPlaneMachines(topology);
  const hosts: HostSpec[] = [
    {
      name: 'laptop',
      ip: '10.0.0.2',
      role: 'laptop',
      init: [ownWorker('terminal', { argv: [`--server=${Endpoint}`], machines: machineTable(topology) })],
    },
    ...(topology.etcd === 'external' ? etcdMachines(topology).map((machine) => etcdHost(machine, topology)) : []),
    ...controlPlanes.map((machine) => controlPlaneHost(machine, topology)),
    {
      name: 'balancer',
      ip: balancerIp,
      role: 'balancer',
      init: [
        sshd,
        ownWorker('load-balancer', {
          argv: [
            `--listen=${Endpoint}`,
            ...controlPlanes.map((backend) => `--backend=${backend.ip}:${Ports.apiserver}`),
          ],
        }),
      ],
    },
    ...workerMachines(topology).map((machine): HostSpec => ({
      ...machine,
      role: 'worker',
      init: [sshd, containerd, kubelet(machine, [])],
      files: staticPods(machine, topology, 'worker'),
    })),
    {
      name: 'internet',
      ip: '203.0.113.10',
      role: 'internet',
      init: [{ program: 'internet', name: 'internet', args: {}, restartAfter: SECOND }],
    },
    {
      name: 'registry',
      ip: '203.0.113.20',
      role: 'registry',
      init: [{ program: 'registry', name: 'registry', args: {}, restartAfter: SECOND }],
    },
    ...(topology.door ? [doorHost] : []),
  ];
  const outside = 5 * MILLISECOND;
  return {
    hosts,
    defaultLatency: MILLISECOND / 2,
    latencies: [
      { between: ['internet', '*'], latency: outside },
      { between: ['registry', '*'], latency: outside },
    ],
  };
}

function ownWorker(program: string, args: JsonObject): InitProcess {
  return { program, name: program, args, ownWorker: true, restartAfter: SECOND };
}

function machineTable(topology: Topology): JsonObject {
  const etcd = topology.etcd === 'external' ? etcdMachines(topology) : [];
  const all = [
    ...etcd,
    ...controlPlaneMachines(topology),
    { name: 'balancer', ip: balancerIp },
    ...workerMachines(topology),
  ];
  return Object.fromEntries(all.map((machine) => [machine.name, machine.ip]));
}

/** etcd as a service of the machine's own, which systemd starts again. */
export function etcdHost(machine: Machine, topology: Topology, flags = etcdFlags(machine, topology)): HostSpec {
  const service = { ...ownWorker('etcd', { argv: [...flags] }), restartAfter: 5 * SECOND };
  return { ...machine, role: 'etcd', init: [sshd, service], files: etcdPkiOf(machine.name) };
}

function controlPlaneHost(machine: Machine, topology: Topology): HostSpec {
  const pods = staticPods(machine, topology, 'control-plane');
  const pki = etcdPkiOf(machine.name);
  if (topology.controlPlaneNodes) {
    const flags = [
      '--node-labels=node-role.kubernetes.io/control-plane=,node.kubernetes.io/exclude-from-external-load-balancers=',
      '--register-with-taints=node-role.kubernetes.io/control-plane=:NoSchedule',
    ];
    return {
      ...machine,
      role: 'control-plane',
      init: [sshd, containerd, kubelet(machine, flags)],
      files: { ...pods, ...pki },
    };
  }
  return { ...machine, role: 'control-plane', init: [sshd, ...bareProcesses(pods)], files: pki };
}

/** The same command lines that the static pods have, run by init. */
function bareProcesses(manifests: Readonly<Record<string, string>>): InitProcess[] {
  return Object.values(manifests)
    .map((text): InitProcess => {
      const manifest: { spec: { containers: { command: string[] }[] } } = JSON.parse(text);
      const [program = '', ...argv] = manifest.spec.containers[0]?.command ?? [];
      return { program, name: program, args: { argv }, ownWorker: true, restartAfter: 2 * SECOND };
    })
    .filter((process) => process.program !== 'kube-proxy');
}
