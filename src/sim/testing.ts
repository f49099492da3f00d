import { SECOND, type JsonObject, type Micros, type ProgramTable, type Signal } from './env.ts';
import { Kernel } from './kernel.ts';
import { checkFault, findProcess } from './kernel-inputs.ts';
import { drainTrace } from './kernel-trace.ts';
import type { World } from './kernel-world.ts';
import { createInThread } from './placement/in-thread.ts';
import type { Placement } from './placement/placement.ts';
import type { HostSpec, InitProcess, Input, InputAction, Machines } from './session.ts';
import type { TraceEvent, TraceNote } from './trace.ts';

/** A few programs on a few machines, run in this thread: what unit tests of programs use. */

export interface SimOptions {
  /** `run` is short for init processes: `{ name: 'cp-1', run: { etcd: { … args } } }` starts program `etcd` as `etcd`. */
  readonly hosts: readonly SimHost[];
  readonly programs: ProgramTable;
  readonly seed?: number;
  /** Microseconds since the Unix epoch at virtual zero; default 2026-01-01T00:00:00Z. */
  readonly epoch?: Micros;
  readonly latency?: Micros;
  readonly latencies?: Machines['latencies'];
  readonly inputs?: readonly Input[];
  readonly placement?: Placement;
  /** Default true; false to measure a run that nobody watches. */
  readonly observe?: boolean;
}

export interface SimHost extends Partial<Omit<HostSpec, 'name'>> {
  readonly name: string;
  readonly run?: Readonly<Record<string, JsonObject>>;
}

export interface Sim {
  readonly kernel: Kernel;
  readonly world: World;
  /** Virtual microseconds since the start. */
  readonly now: Micros;
  /** All trace so far, in order. */
  readonly trace: readonly TraceEvent[];
  runFor(time: Micros): Promise<void>;
  runUntil(at: Micros): Promise<void>;
  /** Runs, at most `limit` long (default 60 s), until the condition holds after a window; whether it does. */
  runUntilTrue(condition: () => boolean, limit?: Micros): Promise<boolean>;
  /** What the process (or all that had this id) has printed. */
  output(process: string, stream?: 'stdout' | 'stderr'): string;
  notes<T extends TraceNote['type']>(type: T): Extract<TraceNote, { type: T }>[];
  /** `power-off cp-1`, `heal all`, …; takes effect now. Throws a UsageError. */
  fault(command: string): void;
  input(process: string, text: string): void;
  signal(process: string, signal: Signal): void;
  alive(process: string): boolean;
  /** Contents of a file on a machine's disk, as its processes see it. */
  file(host: string, path: string): string | undefined;
  hash(): string;
}

const DEFAULT_EPOCH: Micros = 1_767_225_600 * SECOND;

export function createSim(options: SimOptions): Sim {
  const { programs, seed = 1, epoch = DEFAULT_EPOCH } = options;
  const machines: Machines = {
    hosts: options.hosts.map(toHostSpec),
    defaultLatency: options.latency ?? 500,
    ...(options.latencies === undefined ? {} : { latencies: options.latencies }),
  };
  const placement = options.placement ?? createInThread(programs);
  const inputs = options.inputs ?? [];
  const kernel = new Kernel({ seed, epoch, machines, placement, inputs });
  const { world } = kernel;
  world.trace.observed = options.observe ?? true;
  const trace: TraceEvent[] = [];
  const collect = (): readonly TraceEvent[] => {
    for (const event of drainTrace(world.trace, kernel.horizon)) trace.push(event);
    return trace;
  };
  const act = (action: InputAction): void => kernel.addInput({ ...action, at: kernel.horizon });

  return {
    kernel,
    world,
    get now() {
      return kernel.horizon;
    },
    get trace() {
      return collect();
    },
    runFor: (time) => kernel.runUntil(kernel.horizon + time),
    runUntil: (at) => kernel.runUntil(at),
    async runUntilTrue(condition, limit = 60 * SECOND) {
      const end = kernel.horizon + limit;
      for (;;) {
        if (condition()) return true;
        if (!(await kernel.window(end))) return condition();
      }
    },
    output(process, stream) {
      let text = '';
      for (const event of collect()) {
        if (event.kind !== 'output' || event.process !== process) continue;
        if (stream === undefined || event.stream === stream) text += event.text;
      }
      return text;
    },
    notes<T extends TraceNote['type']>(type: T) {
      const found: Extract<TraceNote, { type: T }>[] = [];
      for (const event of collect()) if (event.kind === 'note' && isOfType(event.note, type)) found.push(event.note);
      return found;
    },
    fault(command) {
      checkFault(world, kernel.faults, command);
      act({ kind: 'fault', command });
    },
    input: (process, text) => act({ kind: 'text', process, text }),
    signal: (process, signal) => act({ kind: 'signal', process, signal }),
    alive: (process) => findProcess(world, process) !== undefined,
    file: (host, path) => world.hosts.get(host)?.disk.current.get(path),
    hash: () => kernel.hash(),
  };
}

function isOfType<T extends TraceNote['type']>(note: TraceNote, type: T): note is Extract<TraceNote, { type: T }> {
  return note.type === type;
}

function toHostSpec(host: SimHost, index: number): HostSpec {
  const { run = {}, ...spec } = host;
  const init: InitProcess[] = Object.entries(run).map(([program, args]) => ({ program, name: program, args }));
  return { ip: `10.0.0.${11 + index}`, role: 'worker', ...spec, init: [...init, ...(spec.init ?? [])] };
}
