import type { PlacementName } from '../session.ts';
import type { Delivery, EventResult } from '../wire.ts';
import type { LostGroup, PlacedWorker, Placement, WindowOutcome } from './placement.ts';

/** A Web Worker, or what stands for one in a test. One string per window in each direction. */
export interface WorkerPort {
  post(text: string): void;
  onMessage(handler: (text: string) => void): void;
  onError(handler: (reason: string) => void): void;
  terminate(): void;
}

/** Makes the worker that runs a group; `program` is the first program it will run, which names its file in `workers/`. */
export type WorkerFactory = (worker: string, program: string) => WorkerPort;

export interface WorkersOptions {
  readonly create: WorkerFactory;
  /** Wall-clock milliseconds that a worker may take for one window before it counts as lost. */
  readonly deadline?: number;
  /** How many workers are given something to do at once. More than there are processors only keeps everybody else from them. */
  readonly parallel?: number;
  /** The same while the run is watched: a processor less leaves one to the picture. */
  readonly parallelWatched?: number;
}

const DEADLINE_MS = 10_000;
/** The first answer includes loading the worker's code: virtual time waits for it. */
const LOAD_DEADLINE_MS = 60_000;
/** How often in a deadline somebody looks: a timer for each question would cost as much as asking it. */
const LOOKS = 10;

/** A worker per group: processes with a worker of their own have one, all others share their host's. */
export function createWorkers(options: WorkersOptions): Placement {
  return new PlacementOverWorkers('workers', options, (group) => group);
}

/** Several groups per worker, dealt out in the order in which they come. */
export function createPool(options: WorkersOptions & { readonly size: number }): Placement {
  const homes = new Map<string, string>();
  return new PlacementOverWorkers('pool', options, (group) => {
    const home = homes.get(group) ?? `pool-${(homes.size % options.size) + 1}`;
    homes.set(group, home);
    return home;
  });
}

interface Placed {
  readonly port: WorkerPort;
  readonly groups: Map<string, number>;
  answered: boolean;
  pending: Pending | undefined;
}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  /** How many looks it may still be unanswered. */
  looks: number;
}

interface Answered {
  readonly groups: readonly string[];
  readonly answer: Answer;
}

type Answer = readonly EventResult[] | { readonly lost: string };

class PlacementOverWorkers implements Placement {
  readonly name: PlacementName;
  readonly #create: WorkerFactory;
  readonly #deadline: number;
  readonly #parallel: number;
  readonly #parallelWatched: number;
  #watched = false;
  readonly #home: (group: string) => string;
  readonly #placed = new Map<string, Placed>();
  /** What workers have still to be given in the present window. */
  readonly #waiting = new Map<string, Delivery[]>();
  /** Groups of workers that failed between windows. */
  readonly #unreported: LostGroup[] = [];
  readonly #setTimeout = globalThis.setTimeout;
  #looking = false;

  constructor(name: PlacementName, options: WorkersOptions, home: (group: string) => string) {
    this.name = name;
    this.#create = options.create;
    this.#deadline = options.deadline ?? DEADLINE_MS;
    this.#parallel = options.parallel ?? Infinity;
    this.#parallelWatched = options.parallelWatched ?? this.#parallel;
    this.#home = home;
  }

  async run(deliveries: readonly Delivery[], observed: boolean): Promise<WindowOutcome> {
    const waiting = this.#waiting;
    for (const delivery of deliveries) {
      const worker = this.#home(delivery.group);
      const batch = waiting.get(worker);
      if (batch === undefined) waiting.set(worker, [delivery]);
      else batch.push(delivery);
    }
    const answers: Answered[] = [];
    const askOneByOne = async (): Promise<void> => {
      for (const [worker, batch] of waiting) {
        waiting.delete(worker);
        const placed = this.#place(worker, batch);
        if (placed === undefined) continue;
        const groups = [...placed.groups.keys()];
        answers.push({ groups, answer: await this.#ask(placed, batch, observed) });
      }
    };
    const most = this.#watched ? this.#parallelWatched : this.#parallel;
    await Promise.all(Array.from({ length: Math.min(most, waiting.size) }, askOneByOne));
    return collect(answers, this.#unreported.splice(0));
  }

  paced(watched: boolean): void {
    this.#watched = watched;
  }

  end(group: string): void {
    const worker = this.#home(group);
    const placed = this.#placed.get(worker);
    if (placed === undefined || !placed.groups.delete(group)) return;
    if (placed.groups.size === 0) this.#discard(worker, placed);
    else placed.port.post(JSON.stringify({ drop: group }));
  }

  workers(): readonly PlacedWorker[] {
    return [...this.#placed].map(([worker, { groups }]) => {
      let events = 0;
      for (const count of groups.values()) events += count;
      return { worker, groups: [...groups.keys()], events };
    });
  }

  terminate(worker: string): readonly string[] {
    const placed = this.#placed.get(worker);
    if (placed === undefined) return [];
    if (placed.pending !== undefined || this.#waiting.has(worker)) {
      // The window that needs it reports the loss.
      this.#lose(worker, placed, 'terminated');
      return [];
    }
    this.#discard(worker, placed);
    return [...placed.groups.keys()];
  }

  stop(): void {
    this.#waiting.clear();
    for (const [worker, placed] of [...this.#placed]) this.#lose(worker, placed, 'stopped');
    this.#unreported.length = 0;
  }

  /** The worker for a batch, made when a process is to start in it. */
  #place(worker: string, batch: readonly Delivery[]): Placed | undefined {
    let placed = this.#placed.get(worker);
    if (placed === undefined) {
      // Word for a worker that is gone: nobody is left to hear it.
      const first = batch.find(({ event }) => event.kind === 'start');
      if (first?.event.kind !== 'start') return undefined;
      placed = this.#make(worker, first.event.start.program);
    }
    for (const { group } of batch) placed.groups.set(group, (placed.groups.get(group) ?? 0) + 1);
    return placed;
  }

  #make(worker: string, program: string): Placed {
    const port = this.#create(worker, program);
    const placed: Placed = { port, groups: new Map(), answered: false, pending: undefined };
    this.#placed.set(worker, placed);
    port.onMessage((text) => {
      placed.answered = true;
      const answer = parseAnswer(text);
      if ('lost' in answer) this.#lose(worker, placed, answer.lost);
      else this.#settle(placed, answer);
    });
    port.onError((reason) => this.#lose(worker, placed, reason));
    return placed;
  }

  #ask(placed: Placed, batch: readonly Delivery[], observed: boolean): Promise<Answer> {
    return new Promise((resolve) => {
      const deadline = placed.answered ? this.#deadline : Math.max(this.#deadline, LOAD_DEADLINE_MS);
      placed.pending = { resolve, looks: Math.ceil((deadline * LOOKS) / this.#deadline) };
      placed.port.post(JSON.stringify({ observed, deliveries: batch }));
      if (!this.#looking) this.#lookLater();
    });
  }

  #lookLater(): void {
    this.#looking = true;
    const setTimer = this.#setTimeout;
    setTimer(() => this.#look(), this.#deadline / LOOKS);
  }

  /** Gives up on workers that have not answered for a deadline; goes on for as long as anyone is awaited. */
  #look(): void {
    this.#looking = false;
    let awaited = false;
    for (const [worker, placed] of [...this.#placed]) {
      if (placed.pending === undefined) continue;
      if (placed.pending.looks-- <= 0) this.#lose(worker, placed, 'missed its deadline');
      else awaited = true;
    }
    if (awaited) this.#lookLater();
  }

  #settle(placed: Placed, answer: Answer): void {
    const { pending } = placed;
    placed.pending = undefined;
    pending?.resolve(answer);
  }

  #lose(worker: string, placed: Placed, reason: string): void {
    if (this.#placed.get(worker) !== placed) return;
    this.#discard(worker, placed);
    if (placed.pending !== undefined) this.#settle(placed, { lost: reason });
    else for (const group of placed.groups.keys()) this.#unreported.push({ group, reason });
  }

  #discard(worker: string, placed: Placed): void {
    this.#placed.delete(worker);
    placed.port.terminate();
  }
}

function parseAnswer(text: string): Answer {
  // The other side is worker-main.
  return JSON.parse(text) as Answer;
}

function collect(answers: readonly Answered[], lost: LostGroup[]): WindowOutcome {
  const results: EventResult[] = [];
  for (const { groups, answer } of answers) {
    if ('lost' in answer) for (const group of groups) lost.push({ group, reason: answer.lost });
    else for (const result of answer) results.push(result);
  }
  return lost.length === 0 ? { results } : { results, lost };
}
