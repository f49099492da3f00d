import { must } from '../lib/assert.ts';
import { LOOKAHEAD, type JsonObject, type Micros, type ProcessId } from './env.ts';
import { checkFault } from './kernel-inputs.ts';
import { drainTrace } from './kernel-trace.ts';
import { Kernel } from './kernel.ts';
import { createHop } from './placement/hop.ts';
import type { Placement } from './placement/placement.ts';
import { createWallClock, Pace, type WallClock } from './pacing.ts';
import type {
  Input,
  InputAction,
  Machines,
  Recording,
  Session,
  SessionStatus,
  Speed,
  WorkerStatus,
} from './session.ts';
import type { TraceEvent } from './trace.ts';

export interface SessionOptions {
  readonly seed: number;
  readonly machines: Machines;
  /** Kept for the recording, not understood here. */
  readonly topology: JsonObject;
  /** Microseconds since the Unix epoch at virtual zero. */
  readonly epoch: Micros;
  readonly placement: Placement;
  /** Inputs of a recording that is to be had again. */
  readonly inputs?: readonly Input[];
  readonly clock?: WallClock;
}

/**
 * How long windows are executed in a row before the event loop gets its turn, and how often observers are told: ms of wall time.
 * A turn costs some 10 µs; what comes from outside meanwhile (a request at the door) waits for it.
 */
const SLICE_MS = 1;
const BATCH_MS = 16;

/** A run with its pacing and its observers. Starts paused, at speed 1. */
export function createSession(options: SessionOptions): Session {
  return new Hub(options);
}

type Observer = Parameters<Session['observe']>[0];

/** What the run is on its way to besides its pace: full speed to a time, or one event. */
interface Goal {
  readonly at: Micros;
  /** Stop after the first window in which a process handled something. */
  readonly step: boolean;
  readonly done: () => void;
}

class Hub implements Session {
  readonly #options: SessionOptions;
  readonly #kernel: Kernel;
  readonly #clock: WallClock;
  readonly #pace: Pace;
  readonly #observers = new Map<number, Observer>();
  #nextObserver = 1;
  #running = false;
  #stopped = false;
  #goals: Goal[] = [];
  /** Ends the drive's present wait. */
  #wake: (() => void) | undefined;
  #poked = false;
  /** A window is being executed elsewhere. */
  #inWindow = false;
  #betweenWindows: (() => void)[] = [];
  #lastBatch = 0;
  #lastCount = 0;
  #rate = 0;
  #behind = false;
  #error: string | undefined;
  #lastInput: Micros = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? createWallClock(createHop());
    this.#pace = new Pace(this.#clock);
    this.#kernel = new Kernel(options);
    void this.#drive();
  }

  async status(): Promise<SessionStatus> {
    return this.#status();
  }

  async workers(): Promise<readonly WorkerStatus[]> {
    const byGroup = new Map<string, ProcessId[]>();
    for (const { alive, group, id } of this.#kernel.world.processes.values()) {
      if (!alive) continue;
      const ids = byGroup.get(group);
      if (ids === undefined) byGroup.set(group, [id]);
      else ids.push(id);
    }
    return this.#options.placement.workers().map(({ worker, groups, events }) => ({
      worker,
      events,
      processes: groups.flatMap((group) => byGroup.get(group) ?? []),
    }));
  }

  async setSpeed(speed: Speed): Promise<void> {
    if (!(speed > 0)) throw new RangeError(`speed must be a positive number: ${speed}`);
    this.#pace.anchor(this.#kernel.horizon, speed);
    this.#poke();
  }

  async pause(): Promise<void> {
    this.#running = false;
    this.#finishGoals();
    await this.#quiet();
    this.#tell();
  }

  async resume(): Promise<void> {
    this.#pace.anchor(this.#kernel.horizon, this.#pace.speed);
    this.#running = true;
    this.#poke();
  }

  step(): Promise<void> {
    return this.#reach(Infinity, true);
  }

  runUntil(at: Micros): Promise<void> {
    return this.#reach(at, false);
  }

  async input(action: InputAction): Promise<Input> {
    if (action.kind === 'fault') checkFault(this.#kernel.world, this.#kernel.faults, action.command);
    // What comes later never overtakes what came before: the bytes of a stream are inputs, too.
    this.#lastInput = Math.max(this.#lastInput, this.#stamp());
    const input: Input = { ...action, at: this.#lastInput };
    this.#kernel.addInput(input);
    this.#poke();
    // A run that stands still shows at once what was done to it.
    if (!this.#running && this.#goals.length === 0) await this.runUntil(input.at + 1);
    return input;
  }

  /** Now: by the pace while the run keeps up with it, else as far as the run has come. */
  #stamp(): Micros {
    const { horizon } = this.#kernel;
    if (!this.#running || this.#pace.speed === Infinity) return horizon;
    const due = Math.max(horizon, this.#pace.due());
    return (this.#kernel.nextTime() ?? Infinity) < due ? horizon : due;
  }

  async export(): Promise<Recording> {
    await this.#quiet();
    const { seed, topology, epoch } = this.#options;
    const inputs = this.#kernel.inputs;
    return {
      format: 'kubarium/1',
      seed,
      topology,
      epoch,
      inputs,
      until: this.#kernel.horizon,
      hash: this.#kernel.hash(),
    };
  }

  async terminateWorker(worker: string): Promise<void> {
    const groups = this.#options.placement.terminate(worker);
    const lost = groups.map((group) => ({ group, reason: 'terminated' }));
    this.#kernel.lose(lost, this.#kernel.horizon);
    this.#poke();
  }

  async observe(on: Observer): Promise<number> {
    const id = this.#nextObserver++;
    this.#observers.set(id, on);
    this.#kernel.world.trace.observed = true;
    return id;
  }

  async unobserve(id: number): Promise<void> {
    this.#observers.delete(id);
    if (this.#observers.size > 0) return;
    this.#kernel.world.trace.observed = false;
    this.#kernel.world.trace.events.length = 0;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#running = false;
    this.#finishGoals();
    this.#poke();
    await this.#quiet();
    this.#options.placement.stop();
  }

  #reach(at: Micros, step: boolean): Promise<void> {
    return new Promise((done) => {
      this.#running = false;
      this.#goals.push({ at, step, done });
      this.#poke();
    });
  }

  /** Something changed: the drive must look again, even if it is only about to wait. */
  #poke(): void {
    this.#poked = true;
    this.#wake?.();
  }

  #finishGoals(): void {
    const goals = this.#goals;
    this.#goals = [];
    for (const goal of goals) goal.done();
  }

  /** Resolves when no window is being executed. */
  #quiet(): Promise<void> {
    if (!this.#inWindow) return Promise.resolve();
    return new Promise((resolve) => this.#betweenWindows.push(resolve));
  }

  async #drive(): Promise<void> {
    try {
      while (!this.#stopped) {
        this.#poked = false;
        const idle = await this.#slice();
        this.#behind = idle === 0;
        this.#maybeTell();
        if (this.#stopped) return;
        if (idle === 0 || this.#poked) await this.#clock.turn();
        else await this.#wait(idle);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#error = error instanceof Error ? error.message : String(error);
    this.#running = false;
    this.#stopped = true;
    this.#inWindow = false;
    for (const waiting of this.#betweenWindows.splice(0)) waiting();
    this.#finishGoals();
    this.#tell();
  }

  /** Executes windows for a while. Returns for how long there is nothing to do: 0, some ms of wall time, or Infinity. */
  async #slice(): Promise<number> {
    const end = this.#clock.now() + SLICE_MS;
    this.#options.placement.paced?.(this.#goals.length === 0 && this.#pace.speed !== Infinity);
    do {
      const to = this.#target();
      if (to === undefined) return Infinity;
      const handled = this.#kernel.deliveries;
      const more = await this.#window(to);
      const goal = this.#goals[0];
      if (goal !== undefined) {
        const stepped = goal.step && (this.#kernel.deliveries > handled || !more);
        if (stepped || this.#kernel.horizon >= goal.at) this.#reached();
        continue;
      }
      if (!more) return this.#running ? this.#idleTime() : Infinity;
    } while (this.#clock.now() < end);
    if (this.#pace.speed !== Infinity) this.#pace.forgive(this.#kernel.horizon);
    return 0;
  }

  #reached(): void {
    const goal = this.#goals.shift();
    this.#tell();
    goal?.done();
  }

  /** The time up to which windows may be executed now. */
  #target(): Micros | undefined {
    const goal = this.#goals[0];
    const next = this.#kernel.nextTime();
    if (goal !== undefined) {
      if (goal.step) return (next ?? this.#kernel.horizon) + 1;
      return goal.at;
    }
    if (!this.#running) return undefined;
    const due = this.#pace.due();
    // At full speed time ends where the events do.
    return due === Infinity ? (next ?? this.#kernel.horizon) + LOOKAHEAD : due;
  }

  async #window(to: Micros): Promise<boolean> {
    const outcome = this.#kernel.window(to);
    if (typeof outcome === 'boolean') return outcome;
    this.#inWindow = true;
    const more = await outcome;
    this.#inWindow = false;
    for (const waiting of this.#betweenWindows.splice(0)) waiting();
    return more;
  }

  #idleTime(): number {
    const next = this.#kernel.nextTime();
    if (this.#pace.speed === Infinity) return next === undefined ? BATCH_MS : 0;
    const wait = next === undefined ? BATCH_MS : this.#pace.until(next);
    return Math.min(BATCH_MS, Math.max(1, wait));
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      let cancel: (() => void) | undefined;
      const finish = (): void => {
        this.#wake = undefined;
        cancel?.();
        resolve();
      };
      this.#wake = finish;
      if (milliseconds !== Infinity) cancel = this.#clock.after(milliseconds, finish);
    });
  }

  #maybeTell(): void {
    if (this.#clock.now() - this.#lastBatch >= BATCH_MS) this.#tell();
  }

  #tell(): void {
    const now = this.#clock.now();
    const elapsed = now - this.#lastBatch;
    if (elapsed >= BATCH_MS) {
      const rate = ((this.#kernel.deliveries - this.#lastCount) * 1_000) / elapsed;
      this.#rate = Math.round(this.#rate * RATE_MEMORY + rate * (1 - RATE_MEMORY));
      this.#lastCount = this.#kernel.deliveries;
      this.#lastBatch = now;
    }
    if (this.#observers.size === 0) return;
    const still = !this.#running && this.#goals.length === 0;
    const batch: readonly TraceEvent[] = drainTrace(this.#kernel.world.trace, this.#kernel.horizon, still);
    const status = this.#status();
    for (const [id] of this.#observers) must(this.#observers.get(id))(batch, status);
  }

  #status(): SessionStatus {
    const { seed, placement } = this.#options;
    return {
      now: this.#kernel.horizon,
      running: this.#running || this.#goals.length > 0,
      speed: this.#pace.speed,
      seed,
      placement: placement.name,
      events: this.#kernel.deliveries,
      windows: this.#kernel.windows,
      eventsPerSecond: this.#rate,
      behind: this.#behind,
      hash: this.#kernel.hash(),
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }
}

/** Share of the old rate in the shown one, so that the figure does not flicker. */
const RATE_MEMORY = 0.8;
