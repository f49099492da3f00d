import { SECOND } from '../sim/env.ts';
import type { Env, Micros } from '../sim/env.ts';

/** Models client-go/util/flowcontrol's token bucket, as the time at which the next token is due. Each call takes one and says how long to wait for it. */
export function createThrottle(env: Env, qps: number, burst: number): () => Micros {
  const interval = Math.floor(SECOND / qps);
  const credit = interval * (burst - 1);
  let due = 0;
  return () => {
    const now = env.uptime();
    const wait = Math.max(0, due - credit - now);
    due = Math.max(now, due) + interval;
    return wait;
  };
}
