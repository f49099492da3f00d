import { LOOKAHEAD } from './env.ts';
import type {
  Address,
  Child,
  ChildHandlers,
  Connection,
  ConnectionHandlers,
  ConnectOptions,
  Deferred,
  Disk,
  Env,
  ExecSpec,
  HostNetwork,
  JsonObject,
  ListenHandlers,
  Micros,
  Random,
} from './env.ts';
import { compareStrings } from '../lib/order.ts';
import type { ChildState, EndState, FilesEvent, ProcessState } from './process-state.ts';
import { skewAt } from './skew.ts';
import type { DiskOp } from './wire.ts';

/** What the runner offers to the environments that it makes. */
export interface EnvHost {
  /** Whether somebody watches the trace; notes are not even sent otherwise. */
  observed(): boolean;
  /** The process has pending microtasks or releases: it is not quiescent. */
  unsettled(state: ProcessState): void;
  crashed(state: ProcessState, error: unknown): void;
  ended(state: ProcessState): void;
}

/** Promise built on the primordial, so that poisoned globals do not matter. */
const ignore = (): void => {};

export function createEnv(
  state: ProcessState,
  random: Random,
  args: JsonObject,
  files: Map<string, string>,
  adopted: readonly Child[],
  host: EnvHost,
): Env {
  const deferred = <T>(): Deferred<T> => createDeferred<T>(state, host);

  const after = (delay: Micros, fire: () => void): (() => void) => {
    if (state.dead) return ignore;
    const id = state.nextId++;
    state.timers.set(id, { fire, cause: state.cause });
    state.effects.push({ kind: 'timer', id, delay: clampDelay(delay) });
    return () => {
      if (state.timers.delete(id) && !state.dead) state.effects.push({ kind: 'cancel', id });
    };
  };

  return {
    name: state.name,
    host: state.host,
    pid: state.pid,
    ip: state.ip,
    args,
    random,
    adopted,
    disk: createDisk(state, files),
    net: createNet(state),
    now: () => state.epoch + state.at + skewAt(state.skew, state.at),
    uptime: () => state.at - state.bootedAt,
    after,
    sleep(delay) {
      const { promise, resolve } = deferred<undefined>();
      after(delay, () => resolve(undefined));
      return promise;
    },
    spawn(task) {
      if (state.dead) return;
      const start = (): void => void task().then(ignore, (error: unknown) => host.crashed(state, error));
      host.unsettled(state);
      if (state.cause !== state.base) {
        // Its microtasks run when `because` is over: under another cause than the event's it waits for its turn.
        state.ready.push({ cause: state.cause, release: start });
        return;
      }
      state.spawned = true;
      start();
    },
    deferred,
    load<T>(get: () => Promise<T>) {
      const { promise, resolve } = deferred<T>();
      if (state.dead) return promise;
      const fetched = get().then((value) => ({ deliver: () => resolve(value) }));
      fetched.catch(ignore);
      state.loads.push({ fetched });
      host.unsettled(state);
      return promise;
    },
    listen: (address, handlers) => listen(state, address, handlers),
    connect: (address, handlers, options) => connect(state, address, handlers, options ?? {}),
    exec: (spec, handlers) => exec(state, spec, handlers),
    onSignal(handler) {
      state.onSignal = handler;
    },
    onInput(handler) {
      state.onInput = handler;
    },
    exit(code) {
      if (state.dead) return;
      state.effects.push({ kind: 'exit', code, ...withCause(state) });
      host.ended(state);
    },
    print(text, stream = 'stdout') {
      if (!state.dead) state.effects.push({ kind: 'print', text, stream, ...withCause(state) });
    },
    trace(note) {
      if (!state.dead && host.observed()) state.effects.push({ kind: 'note', note, ...withCause(state) });
    },
    cause: () => state.cause,
    because(cause, action) {
      const outer = state.cause;
      state.cause = cause;
      try {
        return action();
      } finally {
        state.cause = outer;
      }
    },
    step(text, about) {
      const id = `${state.uid}.${state.nextStep++}`;
      if (!state.dead) {
        state.effects.push({ kind: 'step', id, text, ...(about === undefined ? {} : { about }), ...withCause(state) });
      }
      return id;
    },
  };
}

/** Some 140 years: later than any run ends. */
const LONGEST_DELAY: Micros = 0x10000000000000;

function clampDelay(delay: Micros): Micros {
  return delay >= LOOKAHEAD ? Math.min(Math.floor(delay), LONGEST_DELAY) : LOOKAHEAD;
}

function withCause(state: ProcessState): { cause?: string } {
  return state.cause === undefined ? {} : { cause: state.cause };
}

/**
 * The first reaction on the promise restores the cause; the awaiting code's reaction is the second, so it runs right after.
 * Resolutions are released one per quiescence, hence no other cause can come between.
 */
function createDeferred<T>(state: ProcessState, host: EnvHost): Deferred<T> {
  const cause = state.cause;
  let settle: ((value: T) => void) | undefined;
  let fail: ((error: Error) => void) | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  const restore = (): void => {
    state.cause = cause;
  };
  promise.then(restore, restore);
  let done = false;
  const release = (action: () => void): void => {
    if (done || state.dead) return;
    done = true;
    state.ready.push({ cause, release: action });
    host.unsettled(state);
  };
  return {
    promise,
    resolve: (value) => release(() => settle?.(value)),
    reject: (error) => release(() => fail?.(error)),
  };
}

function createDisk(state: ProcessState, files: Map<string, string>): Disk {
  const emit = (op: DiskOp): void => {
    state.effects.push({ kind: 'disk', op });
  };
  /** Room is needed for what a file grows by; its name finds some. */
  const hasRoom = (growth: number): boolean => growth <= 0 || !state.diskFull;
  return {
    get full() {
      return state.diskFull;
    },
    read: (path) => files.get(path),
    list(prefix) {
      const found: string[] = [];
      for (const path of files.keys()) if (path.startsWith(prefix)) found.push(path);
      return found.sort(compareStrings);
    },
    write(path, text, where) {
      if (where !== 'memory' && !hasRoom(text.length - (files.get(path)?.length ?? 0))) return false;
      if (state.dead) return true;
      files.set(path, text);
      emit({ op: 'write', path, text });
      return true;
    },
    append(path, text) {
      if (!hasRoom(text.length)) return false;
      if (state.dead) return true;
      files.set(path, (files.get(path) ?? '') + text);
      emit({ op: 'append', path, text });
      return true;
    },
    remove(path) {
      if (!state.dead && files.delete(path)) emit({ op: 'remove', path });
    },
    rename(from, to) {
      const text = files.get(from);
      if (state.dead || text === undefined || from === to) return;
      files.delete(from);
      files.set(to, text);
      emit({ op: 'rename', path: from, to });
    },
    refresh(done) {
      if (state.dead) return;
      const id = state.nextId++;
      const take = ({ files: theirs, gone }: FilesEvent): void => {
        for (const path of gone) files.delete(path);
        for (const [path, text] of Object.entries(theirs)) files.set(path, text);
        done();
      };
      state.rereads.set(id, { done: take, cause: state.cause });
      state.effects.push({ kind: 'reread', id });
    },
    fsync(done) {
      if (state.dead) return;
      const id = state.nextId++;
      state.callbacks.set(id, { fire: done, cause: state.cause });
      state.effects.push({ kind: 'fsync', id });
    },
  };
}

function createNet(state: ProcessState): HostNetwork {
  return {
    addAddress(ip) {
      if (!state.dead) state.effects.push({ kind: 'address', ip, owned: true });
    },
    releaseAddress(ip) {
      if (!state.dead) state.effects.push({ kind: 'address', ip, owned: false });
    },
    restore(tables) {
      if (!state.dead) state.effects.push({ kind: 'restore', tables });
    },
    save(done) {
      if (state.dead) return;
      const id = state.nextId++;
      state.saves.set(id, { done, cause: state.cause });
      state.effects.push({ kind: 'save', id });
    },
  };
}

function listen(state: ProcessState, address: Address, handlers: ListenHandlers): () => void {
  if (state.dead) return ignore;
  const id = state.nextId++;
  state.listeners.set(id, handlers);
  state.effects.push({ kind: 'listen', id, address });
  return () => {
    if (state.listeners.delete(id) && !state.dead) state.effects.push({ kind: 'unlisten', id });
  };
}

/** Linux's default range of ephemeral ports starts here and has this many. */
const EPHEMERAL_FIRST = 32_768;
const EPHEMERAL_COUNT = 28_232;

function connect(
  state: ProcessState,
  address: Address,
  handlers: ConnectionHandlers,
  options: ConnectOptions,
): Connection {
  const number = state.nextId++;
  const end = `${state.uid}.${number}`;
  const port = EPHEMERAL_FIRST + ((state.uid * 131 + number) % EPHEMERAL_COUNT);
  const local = address.startsWith('unix:') ? '' : `${options.from ?? state.ip}:${port}`;
  const entry = createEnd(state, end, end, local, address, handlers, state.cause);
  if (state.dead) entry.closed = true;
  else {
    state.ends.set(end, entry);
    state.effects.push({ kind: 'connect', end, address, port, options, ...withCause(state) });
  }
  return entry.connection;
}

/** One end of a connection as its process holds it. The server's end of connection `x` has the key `x'`. */
export function createEnd(
  state: ProcessState,
  end: string,
  id: string,
  local: Address,
  remote: Address,
  handlers: ConnectionHandlers,
  cause: string | undefined,
): EndState {
  const entry: EndState = {
    handlers,
    cause,
    closed: false,
    connection: {
      id,
      local,
      remote,
      send(payload, about) {
        if (entry.closed || state.dead) return;
        const label = about === undefined ? {} : { label: about };
        state.effects.push({ kind: 'send', end, payload, ...label, ...withCause(state) });
      },
      close() {
        if (entry.closed || state.dead) return;
        entry.closed = true;
        state.ends.delete(end);
        state.effects.push({ kind: 'close', end, ...withCause(state) });
      },
    },
  };
  return entry;
}

function exec(state: ProcessState, spec: ExecSpec, handlers: ChildHandlers | undefined): Child {
  // Pids of a parent's children are its own digits and a number, so no two processes of a host share one.
  const pid = state.pid * 10_000 + state.nextId++;
  const entry: ChildState = {
    pid,
    name: spec.name,
    program: spec.program,
    args: spec.args,
    handlers,
    missed: [],
    exited: undefined,
  };
  if (!state.dead) {
    state.children.set(pid, entry);
    state.effects.push({ kind: 'exec', pid, spec, ...withCause(state) });
  }
  return createChild(state, entry);
}

export function createChild(state: ProcessState, entry: ChildState): Child {
  const { pid, name, program, args } = entry;
  return {
    pid,
    name,
    program,
    args,
    kill(signal) {
      if (!state.dead && entry.exited === undefined)
        state.effects.push({ kind: 'kill', pid, signal, ...withCause(state) });
    },
    input(text) {
      if (!state.dead && entry.exited === undefined)
        state.effects.push({ kind: 'give', pid, text, ...withCause(state) });
    },
    on(handlers) {
      entry.handlers = handlers;
      const missed = entry.missed;
      entry.missed = [];
      for (const event of missed) tellChild(entry, event);
    },
  };
}

export function tellChild(entry: ChildState, event: ChildState['missed'][number]): void {
  if (event.kind === 'exit') entry.handlers?.exit?.(event.status);
  else entry.handlers?.output?.(event.text, event.stream);
}
