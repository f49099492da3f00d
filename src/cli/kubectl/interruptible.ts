import type { KubectlIo } from './io.ts';

/** After Ctrl-C a command must do nothing more: what it waits for never comes, and what it prints goes nowhere. */
export function interruptible(io: KubectlIo): KubectlIo {
  let stopped = false;
  io.onInterrupt(() => {
    stopped = true;
  });
  const unlessStopped = async <T>(start: () => Promise<T>): Promise<T> => {
    if (stopped) return io.deferred<T>().promise;
    try {
      const result = await start();
      return stopped ? await io.deferred<T>().promise : result;
    } catch (error) {
      if (stopped) return io.deferred<T>().promise;
      throw error;
    }
  };
  return {
    ...io,
    connect: (server, identity) => interruptible(io.connect(server, identity)),
    client: {
      raw: (request, options) => unlessStopped(() => io.client.raw(request, options)),
      rawStream: (request, handlers) => io.client.rawStream(request, handlers),
    },
    sleep: (delay) => unlessStopped(() => io.sleep(delay)),
    stdout: (text) => {
      if (!stopped) io.stdout(text);
    },
    stderr: (text) => {
      if (!stopped) io.stderr(text);
    },
  };
}
