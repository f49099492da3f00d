// Figures that need no browser; `npm run bench` runs this and adds those of the page. One JSON line per figure.
import { performance } from 'node:perf_hooks';
import type { Node, Pod } from '../api/types.gen.ts';
import { EtcdPaths } from '../api/etcd.ts';
import { Ports } from '../api/ports.ts';
import { createRestClient } from '../client/rest-client.ts';
import { ConfigMaps } from '../client/resources.ts';
import { SchedulerCache } from '../control-plane/kube-scheduler/cache.ts';
import { plugins } from '../control-plane/kube-scheduler/plugins/index.ts';
import { schedulePod } from '../control-plane/kube-scheduler/schedule-pod.ts';
import { SECOND, type Env, type Program } from '../sim/env.ts';
import { createHttpClient } from '../sim/http-client.ts';
import { Kernel } from '../sim/kernel.ts';
import { createInThread } from '../sim/placement/in-thread.ts';
import { createRandom } from '../sim/random.ts';
import type { HostSpec } from '../sim/session.ts';
import { Cluster, DEFAULT_EPOCH } from './cluster.ts';
import { programs } from './programs.ts';
import { defaultTopology, Endpoint, machinesOf } from './topology.ts';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const RUNS = 3;
/** Virtual time at which the control plane is up for certain. */
const UP = 20 * SECOND;

function report({ name, value, unit }: Figure): void {
  console.log(JSON.stringify({ name, value: Math.round(value * 100) / 100, unit }));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function measured(action: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await action();
  return (performance.now() - started) / 1000;
}

async function bootAndIdle(): Promise<void> {
  const boots: number[] = [];
  const ratios: number[] = [];
  const windows: number[] = [];
  const events: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const cluster = new Cluster({ seed: run + 1 });
    boots.push(await measured(async () => void (await cluster.boot())));
    cluster.kernel.world.trace.observed = false;
    await cluster.kernel.runUntil(cluster.kernel.horizon + 30 * SECOND);
    const before = { windows: cluster.kernel.windows, events: cluster.kernel.events };
    const wall = await measured(() => cluster.kernel.runUntil(cluster.kernel.horizon + 120 * SECOND));
    ratios.push(120 / wall);
    windows.push((cluster.kernel.windows - before.windows) / wall);
    events.push((cluster.kernel.events - before.events) / wall);
  }
  report({ name: 'in-thread: boot to six Ready nodes', value: median(boots), unit: 's' });
  report({ name: 'in-thread: idle cluster, virtual : wall', value: median(ratios), unit: '×' });
  report({ name: 'in-thread: windows', value: median(windows), unit: '1/s' });
  report({ name: 'in-thread: events', value: median(events), unit: '1/s' });
}

/** A program on the laptop that keeps `width` writes in flight until `count` are acknowledged. */
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

async function writesPerSecond(
  count: number,
  write: (env: Env) => (index: number) => Promise<unknown>,
): Promise<number> {
  let finished = false;
  const machines = machinesOf({ ...defaultTopology, workers: 0, controlPlaneNodes: false });
  const load: HostSpec = {
    name: 'load',
    ip: '10.0.0.3',
    role: 'laptop',
    init: [{ program: 'load', name: 'load', args: {} }],
  };
  const table = { ...programs, load: writer(count, 64, write, () => (finished = true)) };
  const kernel = new Kernel({
    seed: 1,
    epoch: DEFAULT_EPOCH,
    machines: { ...machines, hosts: [...machines.hosts.filter(({ name }) => name !== 'laptop'), load] },
    placement: createInThread(table),
  });
  await kernel.runUntil(UP - 1);
  const wall = await measured(async () => {
    while (!finished) await kernel.runUntil(kernel.horizon + SECOND / 10);
  });
  return count / wall;
}

async function writes(): Promise<void> {
  const value = 'x'.repeat(200);
  const puts = await writesPerSecond(5000, (env) => {
    const clients = [11, 12, 13].map((host) =>
      createHttpClient(env, `10.0.0.${host}:${Ports.etcdClient}`, { protocol: 'etcd' }),
    );
    return async (index) => {
      for (;;) {
        try {
          const response = await clients[index % 3]?.request({
            method: 'POST',
            path: EtcdPaths.put,
            body: JSON.stringify({ key: `/bench/${index}`, value }),
          });
          if (response?.status === 200) return;
        } catch {
          await env.sleep(SECOND);
        }
      }
    };
  });
  report({ name: 'in-thread: etcd puts', value: puts, unit: '1/s' });
  const creates = await writesPerSecond(3000, (env) => {
    const client = createRestClient(env, { servers: [Endpoint], user: 'kubernetes-admin' });
    return async (index) => {
      for (;;) {
        try {
          return await client.create(ConfigMaps, {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: `bench-${index}`, namespace: 'default' },
            data: { value },
          });
        } catch {
          await env.sleep(SECOND);
        }
      }
    };
  });
  report({ name: 'in-thread: kube-apiserver creates', value: creates, unit: '1/s' });
}

/** Scheduling cycles alone, with binding assumed: no network, no virtual time. */
function scheduler(): void {
  const rates: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const cache = new SchedulerCache(
      () => [],
      () => [],
    );
    for (let i = 0; i < 100; i++) cache.setNode(node(i));
    const random = createRandom(run, 'bench');
    const pods = Array.from({ length: 2000 }, (_, i) => pod(i));
    const started = performance.now();
    let start = 0;
    for (const each of pods) {
      const outcome = schedulePod(each, cache.snapshot(), plugins, random, start);
      start = (start + outcome.examined) % 100;
      if (outcome.kind === 'fits') cache.assume(each, outcome.node);
    }
    rates.push(pods.length / ((performance.now() - started) / 1000));
  }
  report({ name: 'scheduler at 100 nodes', value: median(rates), unit: 'pods/s' });
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

scheduler();
await writes();
await bootAndIdle();
