import type { Env } from '../../sim/env.ts';

/** Ids of requests: one per request and server, in the form of UUIDs. Drawn once and counted: a number for each would cost more than it tells. */
export class AuditIds {
  readonly #prefix: string;
  #count = 0;

  constructor(env: Env) {
    const hex = env.random.hex(18);
    this.#prefix = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-8${hex.slice(15, 18)}-`;
  }

  /** The client's own, if it gives one. */
  next(given: string | undefined): string {
    if (given !== undefined && given !== '') return given;
    return this.#prefix + (++this.#count).toString(16).padStart(12, '0');
  }
}
