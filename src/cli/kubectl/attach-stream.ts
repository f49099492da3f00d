import type { Micros } from '../../sim/env.ts';
import { isObject } from '../../lib/json.ts';
import type { Context } from './command.ts';
import { pathTo } from './discovery.ts';
import type { ApiResource } from './discovery.ts';
import { CliError } from './errors.ts';
import { list, num, str } from './object.ts';
import { withQuery } from './server.ts';
import { waitFor } from './wait-for.ts';

export interface StreamOptions {
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** Joins this terminal to a stream with channels until the other side is done; resolves to the exit code. */
export function joinStream(context: Context, path: string, options: StreamOptions): Promise<number> {
  const over = context.io.deferred<number>();
  let settled = false;
  let unlisten = (): void => undefined;
  const finish = (result: number | Error): void => {
    if (settled) return;
    settled = true;
    unlisten();
    if (result instanceof Error) over.reject(result);
    else over.resolve(result);
  };
  let ending = '';
  const stream = context.server.stream(
    'POST',
    path,
    { accept: '*/*' },
    {
      refused: (error, body) =>
        finish(/^\s*\{/.test(body) ? error : new CliError(`unable to upgrade connection: ${body.trim()}`)),
      data: (text, channel) => {
        if (channel === 1) context.out(text);
        else if (channel === 2) context.err(text);
        else if (channel === 3) ending += text;
      },
      end: () => finish(exitOf(ending, context)),
      fail: (failure) => finish(failure.reason === 'cancelled' ? 130 : failure),
    },
  );
  if (options.stdin) {
    unlisten = context.io.stdin.listen({
      data: (text) => stream.send(text, 0),
      end: () => stream.end(),
    });
  }
  return over.promise;
}

/** Reads the Status that ends a command's stream. */
function exitOf(text: string, context: Context): number | Error {
  if (text === '') return 0;
  let status: unknown;
  try {
    status = JSON.parse(text);
  } catch {
    return new CliError(text);
  }
  if (!isObject(status) || str(status, 'status') === 'Success') return 0;
  if (str(status, 'reason') === 'NonZeroExitCode') {
    const code = Number(
      list(status, 'details', 'causes').find((each) => str(each, 'reason') === 'ExitCode')?.['message'] ?? 1,
    );
    context.err(`command terminated with exit code ${code}\n`);
    return code;
  }
  return new CliError(str(status, 'message'));
}

export function execPath(
  context: Context,
  resource: ApiResource,
  name: string,
  container: string,
  command: readonly string[],
  options: StreamOptions,
): string {
  const base = withQuery(pathTo(resource, context.namespace, name, 'exec'), { container });
  const parts = [
    ...command.map((word) => `command=${encodeURIComponent(word)}`),
    ...(options.stdin ? ['stdin=true'] : []),
    'stdout=true',
    ...(options.tty ? ['tty=true'] : ['stderr=true']),
  ];
  return `${base}${base.includes('?') ? '&' : '?'}${parts.join('&')}`;
}

export async function attachTo(
  context: Context,
  resource: ApiResource,
  name: string,
  container: string,
): Promise<number> {
  const options = { stdin: context.flags.bool('stdin'), tty: context.flags.bool('tty') };
  if (!context.flags.bool('quiet')) {
    context.err(
      'All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\n',
    );
    context.err("If you don't see a command prompt, try pressing enter.\n");
  }
  const path = withQuery(pathTo(resource, context.namespace, name, 'attach'), {
    container,
    ...(options.stdin ? { stdin: 'true' } : {}),
    stdout: 'true',
    ...(options.tty ? { tty: 'true' } : { stderr: 'true' }),
  });
  return joinStream(context, path, options);
}

/** Waits until a pod runs, or is over. */
export async function waitRunning(
  context: Context,
  resource: ApiResource,
  name: string,
  timeout: Micros,
): Promise<void> {
  await waitFor(context, { resource, namespace: context.namespace, name }, timeout, (object) => {
    if (object === undefined) throw new CliError(`pods ${JSON.stringify(name)} not found`);
    const started = list(object, 'status', 'containerStatuses').some((each) => (num(each, 'restartCount') ?? 0) > 0);
    return started || ['Running', 'Succeeded', 'Failed'].includes(str(object, 'status', 'phase')) ? 'met' : 'not yet';
  });
}
