import type { RpcFailure } from '../../sim/http.ts';
import type { Deferred } from '../../sim/env.ts';
import { StatusError } from './errors.ts';
import { str } from './object.ts';
import type { CallOptions, Obj, Server } from './server.ts';
import { JSON_TYPE } from './server.ts';
import type { Status } from '../../api/types.gen.ts';

export interface WatchedEvent {
  readonly type: string;
  readonly object: Obj;
}

/** Follows a watch until the server ends it or `each` says stop. Rejects with StatusError or RpcFailure. */
export function followWatch(
  server: Server,
  path: string,
  options: CallOptions,
  each: (event: WatchedEvent) => 'stop' | 'go on',
): Promise<void> {
  const over: Deferred<void> = server.io.deferred<void>();
  let settled = false;
  const finish = (error?: Error): void => {
    if (settled) return;
    settled = true;
    if (error === undefined) over.resolve();
    else over.reject(error);
  };
  let buffer = '';
  const stream = server.stream(
    'GET',
    path,
    { accept: JSON_TYPE, ...options },
    {
      refused: (error) => finish(error),
      data: (text) => {
        const taken = takeJson(buffer + text);
        buffer = taken.rest;
        for (const value of taken.values) {
          if (settled) return;
          const event = value as unknown as WatchedEvent;
          if (event.type === 'ERROR') finish(new StatusError(event.object as unknown as Status));
          else if (event.type !== 'BOOKMARK' && each(event) === 'stop') finish();
          if (settled) stream.cancel();
        }
      },
      end: () => finish(),
      fail: (failure: RpcFailure) => finish(failure.reason === 'cancelled' ? undefined : failure),
    },
  );
  return over.promise;
}

/** Complete JSON texts at the front, separated by line breaks or by the chunks they came in. */
function takeJson(text: string): { values: Obj[]; rest: string } {
  const values: Obj[] = [];
  const lines = text.split('\n');
  let rest = '';
  lines.forEach((line, index) => {
    const candidate = rest + line;
    if (candidate.trim() === '') return;
    try {
      values.push(JSON.parse(candidate) as Obj);
      rest = '';
    } catch {
      rest = candidate + (index < lines.length - 1 ? '\n' : '');
    }
  });
  return { values, rest };
}

/** `pods "web"`, for messages about one object. */
export function resourceVersionOf(object: Obj): string {
  return str(object, 'metadata', 'resourceVersion');
}
