import { expose, proxy } from 'comlink';
import { Door } from '../src/api/door.ts';
import { machinesOf, parseTopology, topologyJson } from '../src/cluster/topology.ts';
import { parseRecording } from '../src/cluster/recording.ts';
import { createSession } from '../src/sim/hub.ts';
import { createPool } from '../src/sim/placement/pool.ts';
import { createSpares } from '../src/sim/placement/spares.ts';
import { tapOutput } from '../src/sim/placement/tap.ts';
import { createWorkers, type WorkerFactory } from '../src/sim/placement/workers.ts';
import type { Placement } from '../src/sim/placement/placement.ts';
import type { Input, Machines, PlacementName, Session } from '../src/sim/session.ts';
import { portOfWorker } from '../src/sim/worker-main.ts';
import { connectDoor, DoorLink } from '../src/ui/session/door-link.ts';
import type { Hub, OpenOptions } from '../src/ui/session/hub.ts';

type Start = (name: string) => Worker;

/** The process table of the browser: which file runs a program that has a worker of its own. Everything else is a machine's. */
const files: Readonly<Record<string, Start>> = {
  door: (name) => new Worker(new URL('./cloud.ts', import.meta.url), { type: 'module', name }),
  etcd: (name) => new Worker(new URL('./etcd.ts', import.meta.url), { type: 'module', name }),
  etcdutl: (name) => new Worker(new URL('./etcd.ts', import.meta.url), { type: 'module', name }),
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
  const processors = Math.max(1, navigator.hardwareConcurrency);
  const parallel = { parallel: processors, parallelWatched: Math.max(1, processors - 1) };
  if (name === 'workers') return createWorkers({ create: spares.create, ...parallel });
  if (name === 'pool') return createPool({ create: pooled, size: Math.min(8, processors), ...parallel });
  const [{ createInThread }, { programs }] = await Promise.all([
    import('../src/sim/placement/in-thread.ts'),
    import('../src/cluster/programs.ts'),
  ]);
  return createInThread(programs);
}

interface Run {
  readonly session: Session;
  readonly hasDoor: boolean;
  /** Those of the recording that it has again. */
  readonly inputs: readonly Input[];
}

let current: Run | undefined;
let link: DoorLink | undefined;

const hub: Hub = {
  async open(options: OpenOptions) {
    const recording = options.recording === undefined ? undefined : parseRecording(options.recording);
    const topology = parseTopology(recording?.topology ?? options.topology);
    const placement = await placementOf(options.placement);
    link?.shut();
    await current?.session.stop();
    spares.stop();
    const machines = machinesOf(topology);
    if (options.placement === 'workers') spares.prepare(programsAtBoot(machines));
    const inputs = recording?.inputs ?? [];
    // What a run that was ended still prints is nobody's.
    const hear = (text: string): void => {
      if (current === run) link?.hear(text);
    };
    const session = createSession({
      seed: recording?.seed ?? options.seed,
      epoch: recording?.epoch ?? options.epoch,
      topology: topologyJson(topology),
      machines,
      placement: topology.door ? tapOutput(placement, Door.program, hear) : placement,
      inputs,
    });
    const run: Run = { session, hasDoor: topology.door, inputs };
    current = run;
    return proxy(session);
  },
  async openDoor(offer, tell) {
    if (current === undefined) return;
    if (!current.hasDoor) {
      link?.leave();
      tell({ kind: 'without' });
      return;
    }
    link ??= new DoorLink({ tell, connect: (handlers) => connectDoor(offer, handlers) });
    link.open(current.session, current.inputs);
  },
  async takeDoor() {
    link?.take();
  },
};

expose(hub);
