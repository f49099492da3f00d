// Figures that need no browser; `npm run bench` runs this again and again, takes medians and adds those of the door and the
// page. One JSON line per figure. Arguments: the parts wanted, of those below.
import { performance } from 'node:perf_hooks';
import type { Node, Pod } from '../api/types.gen.ts';
import { certificateHeader } from '../api/certificate.ts';
import { EtcdPaths } from '../api/etcd.ts';
import { Ports } from '../api/ports.ts';
import { createRestClient } from '../client/rest-client.ts';
import { ConfigMaps, Pods } from '../client/resources.ts';
import { SchedulerCache } from '../control-plane/kube-scheduler/cache.ts';
import { plugins } from '../control-plane/kube-scheduler/plugins/index.ts';
import { schedulePod } from '../control-plane/kube-scheduler/schedule-pod.ts';
import { MINUTE, SECOND, type Env, type Program } from '../sim/env.ts';
import { createHttpClient } from '../sim/http-client.ts';
import { Kernel } from '../sim/kernel.ts';
import { createInThread } from '../sim/placement/in-thread.ts';
import { createRandom } from '../sim/random.ts';
import type { HostSpec } from '../sim/session.ts';
import { Cluster, DEFAULT_EPOCH } from './cluster.ts';
import { programs } from './programs.ts';
import { defaultTopology, Endpoint, machinesOf } from './topology.ts';

/** Virtual time at which the control plane is up for certain. */
const UP = 20 * SECOND;
const IDLE_SECONDS = 120;
const MANY_NODES = 1_000;
const SCHEDULED_NODES = 100;
const SCHEDULED_PODS = 1_000;

const parts: Readonly<Record<string, () => void | Promise<void>>> = {
  cycles,
  writes,
  idle: bootAndIdle,
  scheduled,
  nodes,
};

/** What is reported; `goal` is for the reader. */
function report(name: string, value: number, unit: string, goal?: string): void {
  console.log(JSON.stringify({ name, value, unit, ...(goal === undefined ? {} : { goal }) }));
}

interface Cost {
  /** Seconds of the wall clock, and of all processors. */
  readonly wall: number;
  readonly cpu: number;
}

async function measured(action: () => Promise<unknown>): Promise<Cost> {
  const began = { wall: performance.now(), cpu: process.cpuUsage() };
  await action();
  const { user, system } = process.cpuUsage(began.cpu);
  return { wall: (performance.now() - began.wall) / 1_000, cpu: (user + system) / 1_000_000 };
}

async function bootAndIdle(): Promise<void> {
  const cluster = new Cluster({ seed: 1 });
  const { kernel } = cluster;
  const boot = await measured(() => cluster.boot());
  kernel.world.trace.observed = false;
  await kernel.runUntil(kernel.horizon + 30 * SECOND);
  const before = { windows: kernel.windows, events: kernel.events };
  const { wall, cpu } = await measured(() => kernel.runUntil(kernel.horizon + IDLE_SECONDS * SECOND));
  report('in-thread: boot to six Ready nodes', boot.wall, 's');
  report('in-thread: idle cluster, virtual : wall', IDLE_SECONDS / wall, '×', '≥ 100');
  report('in-thread: idle cluster, CPU per virtual second', (cpu * 1_000) / IDLE_SECONDS, 'ms');
  report('in-thread: windows', (kernel.windows - before.windows) / wall, '1/s');
  report('in-thread: events', (kernel.events - before.events) / wall, '1/s');
}

/** A whole cluster of many machines, observed as `serve` observes it until it is Ready. */
async function nodes(): Promise<void> {
  const cluster = new Cluster({ seed: 1, topology: { workers: MANY_NODES } });
  let ready = false;
  const { wall, cpu } = await measured(async () => (ready = await cluster.boot(5 * MINUTE)));
  if (!ready) throw new Error(`${MANY_NODES} nodes were not Ready in time`);
  const name = `in-thread: ${MANY_NODES} nodes Ready`;
  report(name, wall, 's', '≤ 60');
  report(`${name}, CPU`, cpu, 's');
  report(`${name}, virtual time`, cluster.now / SECOND, 's');
  report(`${name}, memory`, process.memoryUsage().rss / 1_000_000, 'MB');
}

/** A program on the laptop's place that keeps `width` writes in flight until `count` are acknowledged. */
function writer(
  count: number,
  width: number,
  write: (env: Env) => (index: number) => Promise<unknown>,
  done: () => void,
): Program {
  return (env) => {
    const one = write(env);
    let started = 0;
    let acknowledged = 0;
    for (let lane = 0; lane < width; lane++) {
      env.spawn(async () => {
        await env.sleep(UP);
        while (started < count) {
          await one(started++);
          acknowledged++;
          if (acknowledged === count) done();
        }
      });
    }
  };
}

const load: HostSpec = {
  name: 'load',
  ip: '10.0.0.4',
  role: 'laptop',
  init: [{ program: 'load', name: 'load', args: {} }],
};

async function costOfWrites(
  count: number,
  write: (env: Env) => (index: number) => Promise<unknown>,
): Promise<{ readonly rate: number; readonly microseconds: number }> {
  let finished = false;
  const machines = machinesOf({ ...defaultTopology, workers: 0, controlPlaneNodes: false });
  const table = { ...programs, load: writer(count, 64, write, () => (finished = true)) };
  const kernel = new Kernel({
    seed: 1,
    epoch: DEFAULT_EPOCH,
    machines: { ...machines, hosts: [...machines.hosts.filter(({ name }) => name !== 'laptop'), load] },
    placement: createInThread(table),
  });
  await kernel.runUntil(UP - 1);
  const { wall, cpu } = await measured(async () => {
    while (!finished) await kernel.runUntil(kernel.horizon + SECOND / 10);
  });
  return { rate: count / wall, microseconds: (cpu * 1_000_000) / count };
}

/** Again while the control plane may still elect, for a minute at most. */
async function persist<T>(env: Env, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 60) throw error;
      await env.sleep(SECOND);
    }
  }
}

async function writes(): Promise<void> {
  const value = 'x'.repeat(200);
  const puts = await costOfWrites(5_000, (env) => {
    const headers = certificateHeader({ subject: 'kube-apiserver-etcd-client', issuer: 'etcd-ca' });
    const clients = [11, 12, 13].map((host) =>
      createHttpClient(env, `10.0.0.${host}:${Ports.etcdClient}`, { protocol: 'etcd', headers }),
    );
    const body = (index: number): string => JSON.stringify({ key: `/bench/${index}`, value });
    return (index) =>
      persist(env, async () => {
        const request = { method: 'POST', path: EtcdPaths.put, body: body(index) };
        const response = await clients[index % 3]?.request(request);
        if (response?.status !== 200) throw new Error(`etcd answered ${response?.status}`);
      });
  });
  report('in-thread: etcd puts, three members', puts.rate, '1/s');
  report('in-thread: etcd put, CPU', puts.microseconds, 'µs');
  const creates = await costOfWrites(3_000, (env) => {
    const client = createRestClient(env, { servers: [Endpoint], user: 'kubernetes-admin', groups: ['system:masters'] });
    return (index) =>
      persist(env, () =>
        client.create(ConfigMaps, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `bench-${index}`, namespace: 'default' },
          data: { value },
        }),
      );
  });
  report('in-thread: kube-apiserver creates', creates.rate, '1/s');
  report('in-thread: kube-apiserver create, CPU', creates.microseconds, 'µs');
}

/** Pods on a whole cluster, kubelets included: from the first create until every pod is bound. */
async function scheduled(): Promise<void> {
  let bound = false;
  const program: Program = (env) => {
    const client = createRestClient(env, { servers: [Endpoint], user: 'kubernetes-admin', groups: ['system:masters'] });
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < SCHEDULED_PODS) {
        const created = pod(next++);
        await persist(env, () => client.create(Pods, created));
      }
    };
    const watch = async (): Promise<void> => {
      const unbound = { fieldSelector: 'spec.nodeName=', limit: 1 };
      for (;;) {
        await env.sleep(SECOND / 4);
        const { items } = await persist(env, () => client.list(Pods, unbound));
        if (items.length === 0 && next >= SCHEDULED_PODS) break;
      }
      bound = true;
    };
    env.onInput(() => {
      for (let i = 0; i < 64; i++) env.spawn(lane);
      env.spawn(watch);
    });
  };
  const cluster = new Cluster({
    topology: { workers: SCHEDULED_NODES },
    hosts: [load],
    placement: createInThread({ ...programs, load: program }),
  });
  await cluster.boot();
  const { kernel } = cluster;
  kernel.world.trace.observed = false;
  const began = kernel.horizon;
  cluster.input({ kind: 'text', process: 'load/load', text: 'go' });
  const { wall, cpu } = await measured(async () => {
    while (!bound) await kernel.runUntil(kernel.horizon + SECOND / 10);
  });
  const name = `whole cluster of ${SCHEDULED_NODES} nodes: pods scheduled`;
  report(name, SCHEDULED_PODS / wall, '1/s', '≥ 300');
  report(`${name}, CPU per pod`, (cpu * 1_000) / SCHEDULED_PODS, 'ms');
  report(`${name}, of virtual time`, (SCHEDULED_PODS * SECOND) / (kernel.horizon - began), '1/s');
}

/** Scheduling cycles alone, with binding assumed: no network, no virtual time. */
function cycles(): void {
  const cache = new SchedulerCache(
    () => [],
    () => [],
  );
  for (let i = 0; i < SCHEDULED_NODES; i++) cache.setNode(node(i));
  const random = createRandom(1, 'bench');
  const pods = Array.from({ length: 2 * SCHEDULED_PODS }, (_, i) => pod(i));
  const started = performance.now();
  let start = 0;
  for (const each of pods) {
    const outcome = schedulePod(each, cache.snapshot(), plugins, random, start);
    start = (start + outcome.examined) % SCHEDULED_NODES;
    if (outcome.kind === 'fits') cache.assume(each, outcome.node);
  }
  const rate = pods.length / ((performance.now() - started) / 1_000);
  report(`scheduling cycles alone, ${SCHEDULED_NODES} nodes`, rate, '1/s', '≥ 300');
}

function node(index: number): Node {
  const name = `node-${index}`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: {},
    status: { allocatable: { cpu: '8', memory: '32Gi', pods: '110' } },
  };
}

function pod(index: number): Pod {
  const container = { name: 'c', image: 'nginx', resources: { requests: { cpu: '100m', memory: '100Mi' } } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${index}`, namespace: 'default', uid: `uid-${index}`, labels: { app: 'web' } },
    spec: { containers: [container] },
  };
}

const asked = process.argv.slice(2);
for (const [name, part] of Object.entries(parts)) if (asked.length === 0 || asked.includes(name)) await part();
