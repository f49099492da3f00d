import type { Env, Micros } from '../../sim/env.ts';

type Clock = Pick<Env, 'now'>;

interface Entry {
  backOff: Micros;
  lastUpdate: Micros;
}

/** Models client-go/util/flowcontrol.Backoff. Times are this process's uptime clock. */
export class BackOff {
  readonly #env: Clock;
  readonly #initial: Micros;
  readonly #max: Micros;
  readonly #entries = new Map<string, Entry>();

  constructor(env: Clock, initial: Micros, max: Micros) {
    this.#env = env;
    this.#initial = initial;
    this.#max = max;
  }

  get(key: string): Micros {
    return this.#entries.get(key)?.backOff ?? 0;
  }

  /** Doubles the delay, or starts again when the event came long after the last one. */
  next(key: string, eventTime: Micros): void {
    const now = this.#env.now();
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#expired(entry, eventTime)) {
      this.#entries.set(key, { backOff: this.#initial, lastUpdate: now });
      return;
    }
    entry.backOff = Math.min(entry.backOff * 2, this.#max);
    entry.lastUpdate = now;
  }

  /** Whether the event is too fresh to try again. */
  isInBackOffSince(key: string, eventTime: Micros): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#expired(entry, eventTime)) return false;
    return this.#env.now() - eventTime < entry.backOff;
  }

  isInBackOffSinceUpdate(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#env.now() - entry.lastUpdate > 2 * this.#max) return false;
    return this.#env.now() - entry.lastUpdate < entry.backOff;
  }

  lastUpdate(key: string): Micros {
    return this.#entries.get(key)?.lastUpdate ?? 0;
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  #expired(entry: Entry, eventTime: Micros): boolean {
    return eventTime - entry.lastUpdate > 2 * this.#max;
  }
}
