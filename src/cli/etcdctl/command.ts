import { certificateHeader } from '../../api/certificate.ts';
import { SECOND, type Address } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import type { HttpClient } from '../../sim/http.ts';
import { readAll } from '../../unix/pipe.ts';
import { Killed, type Command, type Task } from '../../unix/task.ts';
import { etcdctl, type EtcdctlIo } from './etcdctl.ts';

/** etcdctl in a shell. `endpoints`: who is asked when nobody is named. */
export function etcdctlCommand(endpoints: readonly Address[]): Command {
  return async (task) => {
    const interrupted = task.env.deferred<void>();
    const clients: HttpClient[] = [];
    let over = false;
    // Writing to a pipe whose reader has gone is not this tool's business; nor has one that is killed anything to say.
    const print = (write: (text: string) => Promise<void>) => (text: string) => {
      if (!over) void write(text).catch(() => undefined);
    };
    const out = { stdout: print((text) => task.print(text)), stderr: print((text) => task.printError(text)) };
    try {
      return await task.wait(run(task, endpoints, clients, interrupted.promise, out));
    } catch (error) {
      if (error instanceof Killed) {
        over = true;
        interrupted.resolve();
        for (const client of clients) client.close();
      }
      throw error;
    }
  };
}

function run(
  task: Task,
  endpoints: readonly Address[],
  clients: HttpClient[],
  interrupted: Promise<void>,
  out: Pick<EtcdctlIo, 'stdout' | 'stderr'>,
): Promise<number> {
  const { env, fs } = task;
  return etcdctl(task.argv.slice(1), {
    endpoints,
    connect(endpoint, certificate) {
      const headers = certificate === undefined ? {} : { headers: certificateHeader(certificate) };
      const client = createHttpClient(env, endpoint, { protocol: 'etcd', connectTimeout: 5 * SECOND, ...headers });
      clients.push(client);
      return client;
    },
    files: {
      read: (path) => (fs.kind(task.path(path)) === 'file' ? fs.read(task.path(path)) : undefined),
      write: (path, text) => fs.write(task.path(path), text),
    },
    variable: (name) => task.vars.get(name),
    stdin: () => readAll(task.stdin),
    sleep: (time) => env.sleep(time),
    ...out,
    uptime: () => env.uptime(),
    untilInterrupted: () => interrupted,
  });
}
