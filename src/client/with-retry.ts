// Models client-go/rest/with_retry.go: a server that names a time is asked again after it.
import { SECOND } from '../sim/env.ts';
import type { Micros } from '../sim/env.ts';
import type { HttpResponse } from '../sim/http.ts';

export const MAX_RETRIES = 10;

/** How long to wait before asking again; undefined: the answer stands. `attempt` counts from 1. */
export function retryDelay({ status, headers }: HttpResponse, attempt: number): Micros | undefined {
  if (attempt > MAX_RETRIES || (status !== 429 && status < 500)) return undefined;
  const text = headers['retry-after'] ?? '';
  return /^\d+$/.test(text) ? Number(text) * SECOND : undefined;
}
