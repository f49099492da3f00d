// etcd: one member of the cluster that all state lives in. Started as a program with etcd's flags (see options.ts).
import type { Env, Program } from '../../../sim/env.ts';
import { serveHttp } from '../../../sim/http-server.ts';
import { serveClients } from './api.ts';
import { bootstrap, BootstrapError, type Bootstrapped } from './bootstrap.ts';
import { EtcdServer } from './etcd-server.ts';
import { LeaseApi } from './lease-api.ts';
import { log } from './log.ts';
import { parseOptions, type EtcdOptions } from './options.ts';
import { loadIdentity, type Identity } from './tls.ts';
import { WalError } from './wal.ts';
import { WatchStreams } from './watch-stream.ts';

export const etcd: Program = (env) => {
  const options = parseOptions(env.args);
  const identities = identitiesOf(env, options);
  if (identities === undefined) return;
  let server: EtcdServer | undefined;
  env.onSignal((signal) => {
    if (signal !== 'SIGTERM' && signal !== 'SIGINT') return;
    // A leader hands over before it goes, as upstream's does.
    if (server === undefined) env.exit(0);
    else server.stop();
  });
  env.spawn(async () => {
    const from = await bootstrapOrEnd(env, options, identities.peer);
    if (from === undefined) return;
    server = new EtcdServer(env, options, from, identities.peer);
    serve(env, options, server, identities.client);
    server.start();
  });
};

function identitiesOf(env: Env, options: EtcdOptions): { client: Identity; peer: Identity } | undefined {
  try {
    return { client: loadIdentity(env.disk, options.clientTls), peer: loadIdentity(env.disk, options.peerTls) };
  } catch (error) {
    fail(env, error instanceof Error ? error.message : '');
    return undefined;
  }
}

async function bootstrapOrEnd(env: Env, options: EtcdOptions, peer: Identity): Promise<Bootstrapped | undefined> {
  try {
    return await bootstrap(env, options, peer);
  } catch (error) {
    // A member whose log is damaged must not go on from what is left of it: somebody has to replace it.
    if (!(error instanceof BootstrapError) && !(error instanceof WalError)) throw error;
    fail(env, error.message);
    return undefined;
  }
}

function fail(env: Env, error: string): void {
  log(env, 'fatal', 'discovery failed', { error });
  env.exit(1);
}

/** Health may be asked for at the metrics addresses without a certificate. */
function serve(env: Env, options: EtcdOptions, server: EtcdServer, identity: Identity): void {
  const streams = new WatchStreams(server);
  const leases = new LeaseApi(server, identity);
  const open: Identity = { ...identity, clientCertAuth: false };
  for (const [addresses, who] of [
    [options.listenClient, identity],
    [options.listenMetrics, open],
  ] as const) {
    const handle = serveClients(server, streams, leases, who);
    for (const address of addresses) {
      serveHttp(env, address, handle, {
        protocol: 'etcd',
        error: (reason) => {
          env.print(`listen tcp ${address}: bind: ${reason}\n`, 'stderr');
          env.exit(1);
        },
      });
    }
  }
}
