import { Ports } from '../../api/ports.ts';
import { argvOf, parseFlags } from '../../lib/flags.ts';
import { uuidText } from '../../lib/uuid.ts';
import { createRestClient } from '../../client/rest-client.ts';
import { createEventRecorderV1 } from '../../client/events-v1.ts';
import { createInformers } from '../../client/informers.ts';
import { runLeaderElection } from '../../client/leader-election.ts';
import type { Env, Program } from '../../sim/env.ts';
import { serveHttp } from '../../sim/http-server.ts';
import { createScheduler } from './scheduler.ts';

/**
 * One of several; only the holder of the Lease kube-system/kube-scheduler schedules.
 * Flags: --master (list), --leader-elect, --leader-elect-lease-duration …, --bind-address.
 */
export const kubeScheduler: Program = (env) => {
  const flags = parseFlags(argvOf(env.args));
  const client = createRestClient(env, { servers: flags.list('master'), user: 'system:kube-scheduler' });
  const informers = createInformers(env, client);
  const recorder = createEventRecorderV1(env, client, 'default-scheduler');
  const scheduler = createScheduler(env, client, informers, recorder);
  serveHealth(env, Ports.scheduler);
  informers.start();
  if (!flags.bool('leader-elect', true)) return informers.whenSynced(() => scheduler.start());
  runLeaderElection(env, client, {
    lease: 'kube-scheduler',
    namespace: 'kube-system',
    identity: `${env.host}_${uuidText(env.random.hex(32))}`,
    onStartedLeading: () => informers.whenSynced(() => scheduler.start()),
    onStoppedLeading: () => {
      env.print('"Leaderelection lost"', 'stderr');
      env.exit(1);
    },
  });
};

function serveHealth(env: Env, port: number): void {
  serveHttp(env, `127.0.0.1:${port}`, (exchange) => {
    const path = exchange.request.path.split('?')[0];
    if (path === '/healthz' || path === '/livez' || path === '/readyz') exchange.respond(200, 'ok');
    else exchange.respond(404, '404 page not found\n');
  });
}
