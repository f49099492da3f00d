import { AssertionError } from '../lib/assert.ts';
import type { Child, ConnectionHandlers, ProgramTable } from './env.ts';
import { createChild, createEnd, createEnv, tellChild, type EnvHost } from './process-env.ts';
import { MISSED_LIMIT, type ChildState, type ProcessState, type Waiting } from './process-state.ts';
import { createRandom } from './random.ts';
import type { Delivery, Effect, EventResult, MissedEvent, ProcessEvent, StartInfo } from './wire.ts';

/** Waits until every pending microtask has run. */
export type Hop = () => Promise<void>;

/** Runs the processes of a worker (or of a whole cluster, in-thread): events in, effects out. */
export class ProcessRunner {
  readonly #programs: ProgramTable;
  readonly #hop: Hop;
  readonly #processes = new Map<number, ProcessState>();
  /** The mirror of a host's files, one per group, shared by the group's processes. */
  readonly #mirrors = new Map<string, Map<string, string>>();
  /** Processes that are not quiescent. */
  readonly #unsettled = new Set<ProcessState>();
  readonly #envHost: EnvHost;
  #observed = true;

  constructor(programs: ProgramTable, hop: Hop) {
    this.#programs = programs;
    this.#hop = hop;
    this.#envHost = {
      observed: () => this.#observed,
      unsettled: (state) => this.#unsettled.add(state),
      crashed: (state, error) => this.#crash(state, error),
      ended: (state) => this.#forget(state),
    };
  }

  /** Handles the deliveries of one window, which are in order of time. Asynchronous only when a process has tasks in flight. */
  run(deliveries: readonly Delivery[], observed: boolean): EventResult[] | Promise<EventResult[]> {
    this.#observed = observed;
    const results: EventResult[] = [];
    const held = this.#pass(deliveries, results);
    if (this.#unsettled.size === 0) return results;
    return this.#settle(held, results);
  }

  /** Forgets a group whose worker is given up: none of its processes runs again. */
  drop(group: string): void {
    for (const state of [...this.#processes.values()]) if (state.group === group) this.#forget(state);
    this.#mirrors.delete(group);
  }

  /** Handles what can be handled now; returns the deliveries of processes that are not quiescent. */
  #pass(deliveries: readonly Delivery[], results: EventResult[]): Delivery[] {
    const held: Delivery[] = [];
    for (const delivery of deliveries) {
      const state = this.#processes.get(delivery.to);
      if (state !== undefined && this.#unsettled.has(state)) held.push(delivery);
      else this.#handle(delivery, state, results);
    }
    return held;
  }

  async #settle(deliveries: readonly Delivery[], results: EventResult[]): Promise<EventResult[]> {
    let held = deliveries;
    while (this.#unsettled.size > 0) {
      for (const state of this.#unsettled) releaseNext(state);
      await this.#hop();
      let quiescent = false;
      for (const state of this.#unsettled) {
        state.spawned = false;
        if (!state.dead && state.ready.length === 0) await takeLoad(state);
        if (state.dead || state.ready.length === 0) {
          this.#unsettled.delete(state);
          quiescent = true;
        }
      }
      if (quiescent && held.length > 0) held = this.#pass(held, results);
    }
    return results;
  }

  #handle(delivery: Delivery, existing: ProcessState | undefined, results: EventResult[]): void {
    const { event, at } = delivery;
    if (event.kind === 'start') {
      this.#start(delivery, event.start, results);
      return;
    }
    const state = existing;
    if (state === undefined || state.dead) return;
    if (event.kind === 'stop') {
      this.#forget(state);
      return;
    }
    if (event.kind === 'skew') {
      state.skew = event.skew;
      return;
    }
    if (event.kind === 'disk-full') {
      state.diskFull = event.full;
      return;
    }
    this.#open(state, at, 'cause' in event ? event.cause : undefined, results);
    try {
      dispatch(state, event, this.#envHost);
    } catch (error) {
      this.#crash(state, error);
    }
    this.#shut(state, results);
  }

  #start(delivery: Delivery, start: StartInfo, results: EventResult[]): void {
    const { group, to: uid, at } = delivery;
    const files = this.#mirror(group, start.files);
    const state = createState(uid, group, start);
    this.#processes.set(uid, state);
    this.#open(state, at, start.cause, results);
    const adopted = adopt(state, start);
    const random = createRandom(start.seed, start.incarnation);
    const program = Object.hasOwn(this.#programs, start.program) ? this.#programs[start.program] : undefined;
    try {
      if (program === undefined) {
        const error = `exec: "${start.program}": executable file not found in $PATH`;
        state.effects.push({ kind: 'exit', code: 127, error });
        this.#forget(state);
      } else program(createEnv(state, random, start.args, files, adopted, this.#envHost));
    } catch (error) {
      this.#crash(state, error);
    }
    this.#shut(state, results);
  }

  #mirror(group: string, files: Readonly<Record<string, string>> | undefined): Map<string, string> {
    const shared = this.#mirrors.get(group);
    if (shared !== undefined && files === undefined) return shared;
    const made = new Map(Object.entries(files ?? {}));
    this.#mirrors.set(group, made);
    return made;
  }

  #open(state: ProcessState, at: number, cause: string | undefined, results: EventResult[]): void {
    const effects: Effect[] = [];
    state.at = at;
    handleUnder(state, cause);
    state.effects = effects;
    results.push({ process: state.uid, at, effects });
  }

  /** An event without effects leaves no result; one whose tasks go on may still get effects. */
  #shut(state: ProcessState, results: EventResult[]): void {
    if (state.effects.length === 0 && !this.#unsettled.has(state)) results.pop();
  }

  #crash(state: ProcessState, error: unknown): void {
    if (state.dead) return;
    const cause = state.cause === undefined ? {} : { cause: state.cause };
    state.effects.push({ kind: 'exit', code: 2, error: neutralReason(error), detail: detailOf(error), ...cause });
    this.#forget(state);
  }

  #forget(state: ProcessState): void {
    if (state.dead) return;
    state.dead = true;
    state.ready.length = 0;
    state.loads.length = 0;
    this.#processes.delete(state.uid);
  }
}

function releaseNext(state: ProcessState): void {
  // A task started in this event runs its first microtasks under the event's own cause before anything is released.
  if (state.spawned || state.dead) return;
  const next = state.ready.shift();
  if (next === undefined) return;
  handleUnder(state, next.cause);
  next.release();
}

/** Waits for what the process asked for first. That it cannot be had is not the process's doing: the worker is lost. */
async function takeLoad(state: ProcessState): Promise<void> {
  const load = state.loads.shift();
  if (load !== undefined) (await load.fetched).deliver();
}

function createState(uid: number, group: string, start: StartInfo): ProcessState {
  return {
    uid,
    group,
    name: start.name,
    host: start.host,
    pid: start.pid,
    ip: start.ip,
    epoch: start.epoch,
    bootedAt: start.bootedAt,
    skew: start.skew,
    diskFull: start.diskFull ?? false,
    at: 0,
    cause: undefined,
    base: undefined,
    dead: false,
    effects: [],
    ready: [],
    loads: [],
    spawned: false,
    nextId: 1,
    nextStep: 1,
    timers: new Map(),
    callbacks: new Map(),
    rereads: new Map(),
    saves: new Map(),
    listeners: new Map(),
    ends: new Map(),
    children: new Map(),
    onSignal: undefined,
    onInput: undefined,
  };
}

function adopt(state: ProcessState, start: StartInfo): Child[] {
  return start.adopted.map(({ pid, name, program, args, missed }) => {
    const exit = missed.find((event) => event.kind === 'exit');
    const exited = exit?.kind === 'exit' ? exit.status : undefined;
    const entry: ChildState = { pid, name, program, args, handlers: undefined, missed: [...missed], exited };
    state.children.set(pid, entry);
    return createChild(state, entry);
  });
}

function dispatch(
  state: ProcessState,
  event: Exclude<ProcessEvent, { kind: 'start' | 'stop' | 'skew' | 'disk-full' }>,
  host: EnvHost,
): void {
  switch (event.kind) {
    case 'timer':
      return fire(state, state.timers, event.id);
    case 'fsynced':
      return fire(state, state.callbacks, event.id);
    case 'files': {
      const reread = state.rereads.get(event.id);
      state.rereads.delete(event.id);
      handleUnder(state, reread?.cause);
      return reread?.done(event);
    }
    case 'message':
      return state.ends.get(event.end)?.handlers.message?.(event.payload);
    case 'accept':
      return accept(state, event);
    case 'open': {
      const end = state.ends.get(event.end);
      handleUnder(state, end?.cause);
      return end?.handlers.open?.();
    }
    case 'close':
      return closeEnd(state, event);
    case 'listen-error': {
      const listener = state.listeners.get(event.listener);
      state.listeners.delete(event.listener);
      return listener?.error?.(event.reason);
    }
    case 'child-exit':
      return childEvent(state, event.pid, { kind: 'exit', status: event.status });
    case 'child-output':
      return childEvent(state, event.pid, { kind: 'output', text: event.text, stream: event.stream });
    case 'signal':
      if (state.onSignal !== undefined) return state.onSignal(event.signal);
      state.effects.push({ kind: 'exit', code: 128 + SIGNAL_NUMBERS[event.signal], signal: event.signal });
      return host.ended(state);
    case 'input':
      return state.onInput?.(event.text);
    case 'tables': {
      const save = state.saves.get(event.id);
      state.saves.delete(event.id);
      handleUnder(state, save?.cause);
      return save?.done(event.tables);
    }
  }
}

/** The event is handled, and its tasks go on, under this cause. */
function handleUnder(state: ProcessState, cause: string | undefined): void {
  state.cause = cause;
  state.base = cause;
}

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 } as const;

function fire(state: ProcessState, waiting: Map<number, Waiting>, id: number): void {
  const entry = waiting.get(id);
  if (entry === undefined) return;
  waiting.delete(id);
  handleUnder(state, entry.cause);
  entry.fire();
}

const NO_HANDLERS: ConnectionHandlers = {};

function accept(state: ProcessState, event: Extract<ProcessEvent, { kind: 'accept' }>): void {
  const { end, id, local, remote } = event;
  const entry = createEnd(state, end, id, local, remote, NO_HANDLERS, event.cause);
  const listener = state.listeners.get(event.listener);
  // The listener was closed while the connection stood in its backlog.
  if (listener === undefined) return entry.connection.close();
  state.ends.set(end, entry);
  entry.handlers = listener.accept(entry.connection);
}

function closeEnd(state: ProcessState, event: Extract<ProcessEvent, { kind: 'close' }>): void {
  const end = state.ends.get(event.end);
  if (end === undefined) return;
  end.closed = true;
  state.ends.delete(event.end);
  handleUnder(state, event.cause ?? end.cause);
  end.handlers.close?.(event.reason);
}

function childEvent(state: ProcessState, pid: number, event: MissedEvent): void {
  const child = state.children.get(pid);
  if (child === undefined) return;
  if (event.kind === 'exit') {
    child.exited = event.status;
    state.children.delete(pid);
  }
  if (child.handlers !== undefined) return tellChild(child, event);
  child.missed.push(event);
  if (child.missed.length > MISSED_LIMIT) child.missed.shift();
}

/** The reason of a crash without words of the JavaScript engine, which differ between engines and versions. */
function neutralReason(error: unknown): string {
  if (!(error instanceof Error)) return 'panic';
  const ours = error instanceof AssertionError || !ENGINE_ERRORS.has(error.name);
  return ours ? `panic: ${error.message}` : `panic: ${error.name}`;
}

const ENGINE_ERRORS = new Set([
  'TypeError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'EvalError',
  'InternalError',
]);

function detailOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
