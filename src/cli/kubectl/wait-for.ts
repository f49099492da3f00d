import { DAY } from '../../lib/time.ts';
import type { Micros } from '../../sim/env.ts';
import { RpcFailure } from '../../sim/http.ts';
import { resourceVersionOf, followWatch } from './watch-stream.ts';
import type { Context } from './command.ts';
import { pathTo } from './discovery.ts';
import type { ApiResource } from './discovery.ts';
import { CliError, hasReason } from './errors.ts';
import { str } from './object.ts';
import type { Obj } from './server.ts';

export interface OneObject {
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly name: string;
}

/** A zero time-out means a week. */
export const FOREVER: Micros = 168 * 3600 * 1_000_000;

export type Verdict = 'met' | 'not yet';

/**
 * Reads an object and follows it until `check` is content; `undefined` stands for its absence. Rejects with the usual
 * words when the time is over. Without any time it looks once. Models kubectl/pkg/cmd/wait.
 */
export async function waitFor(
  context: Context,
  target: OneObject,
  timeout: Micros,
  check: (object: Obj | undefined) => Verdict,
): Promise<Obj | undefined> {
  const deadline = context.io.now() + timeout;
  for (;;) {
    const found = await readOrAbsent(context, target);
    if (check(found) === 'met') return found;
    if (timeout === 0) throw new CliError(`condition not met for ${target.resource.plural}/${target.name}`);
    const left = deadline - context.io.now();
    if (left <= 0) throw timedOut(target);
    const seen = await watchOnce(context, target, found, left, check);
    if (seen.met) return seen.object;
    if (context.io.now() >= deadline) throw timedOut(target);
  }
}

export function timedOut(target: OneObject): CliError {
  return new CliError(`timed out waiting for the condition on ${target.resource.plural}/${target.name}`);
}

async function readOrAbsent(context: Context, { resource, namespace, name }: OneObject): Promise<Obj | undefined> {
  try {
    return await context.server.json('GET', pathTo(resource, namespace, name));
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

const RETRY: Micros = 1_000_000;

async function watchOnce(
  context: Context,
  target: OneObject,
  found: Obj | undefined,
  left: Micros,
  check: (object: Obj | undefined) => Verdict,
): Promise<{ met: boolean; object?: Obj }> {
  let met: { object?: Obj } | undefined;
  const query = {
    watch: 'true',
    fieldSelector: `metadata.name=${target.name}`,
    timeoutSeconds: String(Math.max(1, Math.ceil(left / 1_000_000))),
    ...(found === undefined ? {} : { resourceVersion: resourceVersionOf(found) }),
  };
  try {
    await withDeadline(context, left, (stop) =>
      followWatch(context.server, pathTo(target.resource, target.namespace), { query }, (event) => {
        const object = event.type === 'DELETED' ? undefined : event.object;
        if (check(object) !== 'met') return stop() ? 'stop' : 'go on';
        met = object === undefined ? {} : { object };
        return 'stop';
      }),
    );
  } catch (error) {
    if (!(error instanceof RpcFailure) && !hasReason(error, 'Expired') && !hasReason(error, 'Gone')) throw error;
    await context.io.sleep(RETRY);
  }
  return met === undefined ? { met: false } : { met: true, ...met };
}

/** Ends a wait at its time even if nothing comes any more; one that is to last for days needs no alarm clock. */
async function withDeadline(
  context: Context,
  left: Micros,
  start: (stopped: () => boolean) => Promise<void>,
): Promise<void> {
  const over = context.io.deferred<void>();
  let late = false;
  start(() => late).then(
    () => over.resolve(),
    (error: unknown) => over.reject(error instanceof Error ? error : new Error(String(error))),
  );
  if (left < DAY) {
    void context.io.sleep(left).then(() => {
      late = true;
      over.resolve();
    });
  }
  await over.promise;
}

export function uidOf(object: Obj | undefined): string {
  return str(object, 'metadata', 'uid');
}
