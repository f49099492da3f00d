import { certificateHeader } from '../../api/certificate.ts';
import { SECOND, type Address } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import type { HttpClient } from '../../sim/http.ts';
import { readAll } from '../../unix/pipe.ts';
import { Killed, type Command, type Task } from '../../unix/task.ts';
import { etcdctl } from './etcdctl.ts';

/** etcdctl in a shell. `endpoints`: who is asked when nobody is named. */
export function etcdctlCommand(endpoints: readonly Address[]): Command {
  return async (task) => {
    const interrupted = task.env.deferred<void>();
    const clients: HttpClient[] = [];
    try {
      return await task.wait(run(task, endpoints, clients, interrupted.promise));
    } catch (error) {
      if (error instanceof Killed) {
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
    // Writing to a pipe whose reader has gone is not this tool's business.
    stdout: (text) => void task.print(text).catch(() => undefined),
    stderr: (text) => void task.printError(text).catch(() => undefined),
    uptime: () => env.uptime(),
    untilInterrupted: () => interrupted,
  });
}
