import { Heap } from '../lib/heap.ts';
import type { Deferred, Env, Micros, Random } from '../sim/env.ts';
import type { TraceNote } from '../sim/trace.ts';

/** What a test drives an Env with: timers in virtual time, promises settled between them. */
export interface FakeClock {
  readonly env: Env;
  readonly notes: readonly TraceNote[];
  readonly crashed: readonly unknown[];
  /** Fires what is due within the next `duration`. */
  advance(duration: Micros): Promise<void>;
  settle(): Promise<void>;
}

/** Turns of the promise queue after which nothing is expected to be left to do. */
const SETTLED_AFTER = 100;

interface Timer {
  readonly at: Micros;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** An Env with time, causes, tasks and randomness but no network, disk or children. For tests of code that runs on an Env. */
export function createFakeClock(name = 'test', epoch: Micros = 1_763_817_600_000_000): FakeClock {
  const timers = new Heap<Timer>((a, b) => a.at - b.at || a.order - b.order);
  const notes: TraceNote[] = [];
  const crashed: unknown[] = [];
  const loads = new Set<Promise<unknown>>();
  let time = 0;
  let order = 0;
  let ambient: string | undefined;

  function because<T>(cause: string | undefined, action: () => T): T {
    const before = ambient;
    ambient = cause;
    try {
      return action();
    } finally {
      ambient = before;
    }
  }
  function after(delay: Micros, fire: () => void): () => void {
    const timer: Timer = { at: time + Math.max(500, delay), order: order++, fire, cancelled: false };
    timers.push(timer);
    return () => {
      timer.cancelled = true;
    };
  }
  function deferred<T>(): Deferred<T> {
    const cause = ambient;
    const { promise, resolve, reject } = withResolvers<T>();
    return {
      promise: promise.finally(() => {
        ambient = cause;
      }),
      resolve,
      reject,
    };
  }
  const absent = (): never => {
    throw new Error('a fake Env has no network, disk or children');
  };
  const env: Env = {
    name,
    host: 'host',
    pid: 1,
    ip: '10.0.0.1',
    args: {},
    random: createRandom(),
    adopted: [],
    now: () => epoch + time,
    uptime: () => time,
    after,
    sleep(delay) {
      const done = deferred<undefined>();
      after(delay, () => done.resolve(undefined));
      return done.promise.then(() => undefined);
    },
    spawn: (task) =>
      void task().catch((error: unknown) => {
        if (process.env.DBG) console.log(error);
        crashed.push(error);
      }),
    deferred,
    load(get) {
      const cause = ambient;
      const loaded = get().finally(() => {
        ambient = cause;
        loads.delete(loaded);
      });
      loads.add(loaded);
      return loaded;
    },
    trace: (note) => notes.push(note),
    cause: () => ambient,
    because,
    step: (text) => text,
    print: () => undefined,
    onSignal: () => undefined,
    onInput: () => undefined,
    exit: absent,
    listen: absent,
    connect: absent,
    exec: absent,
    get disk() {
      return absent();
    },
    get net() {
      return absent();
    },
  };
  async function settle(): Promise<void> {
    do {
      await Promise.allSettled(loads);
      for (let i = 0; i < SETTLED_AFTER; i++) await Promise.resolve();
    } while (loads.size > 0);
  }
  return {
    env,
    notes,
    crashed,
    settle,
    async advance(duration) {
      const until = time + duration;
      await settle();
      for (let next = timers.peek(); next !== undefined && next.at <= until; next = timers.peek()) {
        timers.pop();
        if (next.cancelled) continue;
        time = next.at;
        next.fire();
        await settle();
      }
      time = until;
    },
  };
}

function createRandom(): Random {
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 8;
  };
  const below = (limit: number): number => next() % limit;
  return {
    below,
    chance: (numerator, denominator) => below(denominator) < numerator,
    hex: (length) => Array.from({ length }, () => below(16).toString(16)).join(''),
  };
}

function withResolvers<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
