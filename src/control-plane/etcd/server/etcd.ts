// etcd: one member of the cluster that all state lives in. Started as a program with etcd's flags (see options.ts).
import type { Env, Program } from '../../../sim/env.ts';
import { serveHttp } from '../../../sim/http-server.ts';
import { serveClients } from './api.ts';
import { EtcdServer } from './etcd-server.ts';
import { LeaseApi } from './lease-api.ts';
import { log } from './log.ts';
import { parseOptions, type EtcdOptions } from './options.ts';
import { WalError } from './wal.ts';
import { WatchStreams } from './watch-stream.ts';

export const etcd: Program = (env) => {
  const options = parseOptions(env.args);
  if (!options.initialCluster.has(options.name)) {
    env.print(`couldn't find local name "${options.name}" in the initial cluster configuration\n`, 'stderr');
    env.exit(1);
    return;
  }
  const server = recover(env, options);
  if (server === undefined) return;
  const handle = serveClients(server, new WatchStreams(server), new LeaseApi(server));
  for (const address of [...options.listenClient, ...options.listenMetrics]) {
    serveHttp(env, address, handle, {
      protocol: 'etcd',
      error: (reason) => {
        env.print(`listen tcp ${address}: bind: ${reason}\n`, 'stderr');
        env.exit(1);
      },
    });
  }
  server.start();
  env.onSignal((signal) => {
    // A leader hands over before it goes, as upstream's does.
    if (signal === 'SIGTERM' || signal === 'SIGINT') server.stop();
  });
};

/** A member whose log is damaged must not go on from what is left of it: somebody has to replace it. */
function recover(env: Env, options: EtcdOptions): EtcdServer | undefined {
  try {
    return new EtcdServer(env, options);
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
    log(env, 'fatal', 'discovery failed', { error: error.message });
    env.exit(1);
    return undefined;
  }
}
