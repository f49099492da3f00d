// What etcd writes to its standard error: a JSON object a line, as zap's production encoder does.
import { formatTime } from '../../../lib/time.ts';
import type { Env } from '../../../sim/env.ts';

export type Level = 'info' | 'warn' | 'error' | 'fatal';

export function log(env: Env, level: Level, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  env.print(`${JSON.stringify({ level, ts: formatTime(env.now()), msg: message, ...fields })}\n`, 'stderr');
}
