import type { Context } from './command.ts';

/** Hands on a container's log as it comes; resolves at its end. */
export function streamLog(
  context: Context,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  write: (text: string) => void,
): Promise<void> {
  const over = context.io.deferred<void>();
  context.server.stream(
    'GET',
    path,
    { query, accept: '*/*' },
    {
      data: write,
      end: () => over.resolve(),
      refused: (error) => over.reject(error),
      fail: (failure) => (failure.reason === 'cancelled' ? over.resolve() : over.reject(failure)),
    },
  );
  return over.promise;
}
