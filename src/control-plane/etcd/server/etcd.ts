// etcd: one member of the cluster that all state lives in. Started as a program with etcd's flags (see options.ts).
import type { Program } from '../../../sim/env.ts';
import { serveHttp } from '../../../sim/http-server.ts';
import { serveClients } from './api.ts';
import { EtcdServer } from './etcd-server.ts';
import { LeaseApi } from './lease-api.ts';
import { parseOptions } from './options.ts';
import { WatchStreams } from './watch-stream.ts';

export const etcd: Program = (env) => {
  const options = parseOptions(env.args);
  if (!options.initialCluster.has(options.name)) {
    env.print(`couldn't find local name "${options.name}" in the initial cluster configuration\n`, 'stderr');
    env.exit(1);
    return;
  }
  const server = new EtcdServer(env, options);
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
