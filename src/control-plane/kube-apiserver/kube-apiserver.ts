import { parseCertificate, type Certificate } from '../../api/certificate.ts';
import type { Env, Program } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { serveHttp } from '../../sim/http-server.ts';
import { startControllers } from './controllers/start.ts';
import { createServer } from './create-server.ts';
import { handleExchange } from './handle.ts';
import { parseOptions } from './options.ts';
import { createEtcdClient } from './storage/etcd-client.ts';

/** Arguments: see options.ts. Stateless: everything it knows it reads from etcd. */
export const kubeApiserver: Program = (env) => {
  const options = parseOptions(env);
  const etcd = createEtcdClient(env, createHttpClient, options.etcdServers, certificateOf(env, options.etcdCertFile));
  const server = createServer(env, etcd, options, createHttpClient);
  const address = `${options.bindAddress}:${options.securePort}`;
  serveHttp(env, address, (exchange) => handleExchange(server, exchange), {
    protocol: 'api',
    error(reason) {
      env.print(
        `failed to create listener: failed to listen on ${address}: listen tcp ${address}: bind: ${reason}\n`,
        'stderr',
      );
      env.exit(1);
    },
  });
  startControllers(server);
};

function certificateOf(env: Env, path: string | undefined): Certificate | undefined {
  return path === undefined ? undefined : parseCertificate(env.disk.read(path));
}
