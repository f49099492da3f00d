// Models apiserver/pkg/server/filters/maxinflight.go: what limits requests where priority and fairness are switched off.
import type { User } from '../auth.ts';
import { MASTERS } from '../auth.ts';
import type { RequestInfo } from '../request-info.ts';

export const RETRY_AFTER_SECONDS = 1;
const READING = new Set(['get', 'list', 'watch']);

export class MaxInFlight {
  readonly #limits: { readonly reading: number; readonly mutating: number };
  #inFlight = { reading: 0, mutating: 0 };

  /** 0: no limit. */
  constructor(reading: number, mutating: number) {
    this.#limits = { reading, mutating };
  }

  /** What to call when the request is answered; undefined: there are too many. */
  enter(user: User, { verb }: RequestInfo): (() => void) | undefined {
    const kind = READING.has(verb) ? 'reading' : 'mutating';
    const limit = this.#limits[kind];
    const isFull = limit > 0 && this.#inFlight[kind] >= limit;
    if (isFull) return user.groups.includes(MASTERS) ? () => undefined : undefined;
    this.#inFlight[kind]++;
    return () => {
      this.#inFlight[kind]--;
    };
  }
}
