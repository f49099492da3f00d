import { SECOND, type Micros } from './env.ts';

/** A wall clock that is wrong by `offset`, and by `drift` more with every second since. */
export interface Skew {
  readonly offset: Micros;
  /** Microseconds per second. */
  readonly drift: number;
  readonly since: Micros;
}

export const NO_SKEW: Skew = { offset: 0, drift: 0, since: 0 };

/** How wrong a clock is at an instant. */
export function skewAt({ offset, drift, since }: Skew, now: Micros): Micros {
  return drift === 0 ? offset : offset + Math.trunc(((now - since) * drift) / SECOND);
}
