import { AssertionError } from '../lib/assert.ts';
import { MILLISECOND, SECOND } from '../sim/env.ts';
import type { Cancel, Micros } from '../sim/env.ts';
import type { CreateWorkQueue, Key } from './contract.ts';

const BASE_DELAY: Micros = 5 * MILLISECOND;
const MAX_DELAY: Micros = 1000 * SECOND;
/** 5 ms · 2^18 is past the maximum. */
const MAX_DOUBLINGS = 18;

/** Models client-go/util/workqueue: dirty and processing sets, a FIFO of keys, delayed adds. */
export const createWorkQueue: CreateWorkQueue = (env, { workers, work }) => {
  const fifo: Key[] = [];
  /** Wanted and not yet started, with the cause of the first who asked. */
  const dirty = new Map<Key, string | undefined>();
  const processing = new Set<Key>();
  const waiting = new Map<Key, { readonly at: Micros; readonly cancel: Cancel }>();
  const failures = new Map<Key, number>();
  let active = 0;

  function add(key: Key): void {
    if (dirty.has(key)) return;
    dirty.set(key, env.cause());
    if (!processing.has(key)) enqueue(key);
  }

  function enqueue(key: Key): void {
    fifo.push(key);
    if (active >= workers) return;
    active++;
    env.spawn(runWorker);
  }

  function addAfter(key: Key, delay: Micros): void {
    if (delay <= 0) return add(key);
    const at = env.uptime() + delay;
    const earlier = waiting.get(key);
    if (earlier !== undefined && earlier.at <= at) return;
    earlier?.cancel();
    const cause = env.cause();
    const cancel = env.after(delay, () => {
      waiting.delete(key);
      env.because(cause, () => add(key));
    });
    waiting.set(key, { at, cancel });
  }

  async function runWorker(): Promise<void> {
    // The handler that added the key finishes first, so that work sees everything that it did.
    const turn = env.deferred<undefined>();
    turn.resolve(undefined);
    await turn.promise;
    for (let key = fifo.shift(); key !== undefined; key = fifo.shift()) await process(key);
    active--;
  }

  async function process(key: Key): Promise<void> {
    const cause = dirty.get(key);
    dirty.delete(key);
    processing.add(key);
    try {
      await env.because(cause, () => work(key));
      failures.delete(key);
    } catch (error) {
      if (isBug(error)) throw error;
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      env.because(cause, () => addAfter(key, Math.min(MAX_DELAY, BASE_DELAY * (1 << Math.min(count, MAX_DOUBLINGS)))));
    }
    processing.delete(key);
    if (dirty.has(key)) enqueue(key);
  }

  return {
    add,
    addAfter,
    get length() {
      return fifo.length;
    },
  };
};

/** Only what the world or the API refuses is worth trying again. */
function isBug(error: unknown): boolean {
  return (
    !(error instanceof Error) ||
    error instanceof AssertionError ||
    error instanceof TypeError ||
    error instanceof ReferenceError ||
    error instanceof RangeError
  );
}
