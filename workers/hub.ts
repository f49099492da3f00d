import { expose, proxy } from 'comlink';
import { machinesOf, parseTopology, topologyJson } from '../src/cluster/topology.ts';
import { parseRecording } from '../src/cluster/recording.ts';
import { createSession } from '../src/sim/hub.ts';
import { createPool } from '../src/sim/placement/pool.ts';
import { createSpares } from '../src/sim/placement/spares.ts';
import { createWorkers, type WorkerFactory } from '../src/sim/placement/workers.ts';
import type { Placement } from '../src/sim/placement/placement.ts';
import type { Machines, PlacementName, Session } from '../src/sim/session.ts';
import { portOfWorker } from '../src/sim/worker-main.ts';
import type { Hub, OpenOptions } from '../src/ui/session/hub.ts';

type Start = (name: string) => Worker;

/** The process table of the browser: which file runs a program that has a worker of its own. Everything else is a machine's. */
const files: Readonly<Record<string, Start>> = {
  etcd: (name) => new Worker(new URL('./etcd.ts', import.meta.url), { type: 'module', name }),
  internet: (name) => new Worker(new URL('./cloud.ts', import.meta.url), { type: 'module', name }),
  'kube-apiserver': (name) => new Worker(new URL('./kube-apiserver.ts', import.meta.url), { type: 'module', name }),
  'kube-controller-manager': (name) =>
    new Worker(new URL('./kube-controller-manager.ts', import.meta.url), { type: 'module', name }),
  'kube-scheduler': (name) => new Worker(new URL('./kube-scheduler.ts', import.meta.url), { type: 'module', name }),
  'load-balancer': (name) => new Worker(new URL('./load-balancer.ts', import.meta.url), { type: 'module', name }),
  registry: (name) => new Worker(new URL('./cloud.ts', import.meta.url), { type: 'module', name }),
  terminal: (name) => new Worker(new URL('./terminal.ts', import.meta.url), { type: 'module', name }),
};
const machine: Start = (name) => new Worker(new URL('./node.ts', import.meta.url), { type: 'module', name });
const everything: Start = (name) => new Worker(new URL('./all.ts', import.meta.url), { type: 'module', name });

const perProcess: WorkerFactory = (worker, program) => portOfWorker((files[program] ?? machine)(worker));
const pooled: WorkerFactory = (worker) => portOfWorker(everything(worker));

const spares = createSpares(perProcess, (program) => (Object.hasOwn(files, program) ? program : 'machine'));

/** More would only keep a large cluster's first machines waiting for processor time. */
const MOST_SPARES = 40;

/** The programs whose workers a cluster needs as soon as it is switched on, and those that its static pods will need. */
function programsAtBoot({ hosts }: Machines): string[] {
  const atPowerOn = hosts.flatMap(({ init }) => [
    ...init.filter(({ ownWorker }) => ownWorker === true).map(({ program }) => program),
    ...init
      .filter(({ ownWorker }) => ownWorker !== true)
      .map(({ program }) => program)
      .slice(0, 1),
  ]);
  const masters = hosts.filter(({ files: disk }) =>
    Object.keys(disk ?? {}).some((path) => path.endsWith('/etcd.yaml')),
  );
  return [
    ...atPowerOn,
    ...masters.flatMap(() => ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']),
  ].slice(0, MOST_SPARES);
}

async function placementOf(name: PlacementName): Promise<Placement> {
  if (name === 'workers') return createWorkers({ create: spares.create });
  if (name === 'pool')
    return createPool({ create: pooled, size: Math.max(1, Math.min(8, navigator.hardwareConcurrency)) });
  const [{ createInThread }, { programs }] = await Promise.all([
    import('../src/sim/placement/in-thread.ts'),
    import('../src/cluster/programs.ts'),
  ]);
  return createInThread(programs);
}

let current: Session | undefined;

const hub: Hub = {
  async open(options: OpenOptions) {
    const recording = options.recording === undefined ? undefined : parseRecording(options.recording);
    const topology = parseTopology(recording?.topology ?? options.topology);
    const placement = await placementOf(options.placement);
    await current?.stop();
    spares.stop();
    const machines = machinesOf(topology);
    if (options.placement === 'workers') spares.prepare(programsAtBoot(machines));
    current = createSession({
      seed: recording?.seed ?? options.seed,
      epoch: recording?.epoch ?? options.epoch,
      topology: topologyJson(topology),
      machines,
      placement,
      ...(recording === undefined ? {} : { inputs: recording.inputs }),
    });
    return proxy(current);
  },
};

expose(hub);
