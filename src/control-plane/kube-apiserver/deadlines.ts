import type { Env, Micros } from '../../sim/env.ts';
import { Heap } from '../../lib/heap.ts';

interface Entry {
  readonly at: Micros;
  readonly order: number;
  expire: (() => void) | undefined;
}

/** Many time-outs on few timers: requests are short and their limits long, so nearly all are cancelled before any timer fires. */
export class Deadlines {
  readonly #env: Env;
  readonly #entries = new Heap<Entry>((a, b) => a.at - b.at || a.order - b.order);
  #order = 0;
  #armed: Micros | undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Returns how to cancel. */
  after(delay: Micros, expire: () => void): () => void {
    const entry: Entry = { at: this.#env.uptime() + delay, order: this.#order++, expire };
    this.#entries.push(entry);
    this.#arm(entry.at);
    return () => {
      entry.expire = undefined;
    };
  }

  #arm(at: Micros): void {
    if (this.#armed !== undefined && this.#armed <= at) return;
    this.#armed = at;
    this.#env.after(at - this.#env.uptime(), () => {
      if (this.#armed !== at) return;
      this.#armed = undefined;
      this.#fire();
    });
  }

  #fire(): void {
    const now = this.#env.uptime();
    for (let next = this.#entries.peek(); next !== undefined; next = this.#entries.peek()) {
      if (next.expire !== undefined && next.at > now) {
        this.#arm(next.at);
        return;
      }
      this.#entries.pop();
      next.expire?.();
    }
  }
}
