import { createEventRecorder } from '../../client/events.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/contract.ts';
import { createInformers } from '../../client/informers.ts';
import { runLeaderElection } from '../../client/leader-election.ts';
import { createRestClient } from '../../client/rest-client.ts';
import { parseDuration } from '../../lib/duration.ts';
import { argvOf, parseFlags } from '../../lib/flags.ts';
import type { Flags } from '../../lib/flags.ts';
import { SECOND } from '../../sim/env.ts';
import type { Env, Micros, Program } from '../../sim/env.ts';
import { serveHttp } from '../../sim/http-server.ts';
import { Ports } from '../../api/ports.ts';
import { createCache } from './cache.ts';
import type { ControllerContext } from './controller.ts';
import { CONTROLLERS } from './controllers/index.ts';

const USER = 'system:kube-controller-manager';

/** Service accounts that are not called as their controller is. */
const ACCOUNTS: Readonly<Record<string, string>> = {
  'certificatesigningrequest-approving-controller': 'certificate-controller',
  'certificatesigningrequest-cleaner-controller': 'certificate-controller',
  'certificatesigningrequest-signing-controller': 'certificate-controller',
  'endpoints-controller': 'endpoint-controller',
  'garbage-collector-controller': 'generic-garbage-collector',
  'node-ipam-controller': 'node-controller',
  'node-lifecycle-controller': 'node-controller',
  'pod-garbage-collector-controller': 'pod-garbage-collector',
  'root-ca-certificate-publisher-controller': 'root-ca-cert-publisher',
  'serviceaccount-controller': 'service-account-controller',
  'taint-eviction-controller': 'node-controller',
};

/**
 * Arguments: `{ "argv": ["--flag=value", …] }` with upstream's flags and defaults: --master (host:port of the API,
 * several separated by commas; default 127.0.0.1:6443), --controllers (`*`, `-name`), --leader-elect and its durations,
 * --kube-api-qps, --kube-api-burst, --cluster-cidr, --allocate-node-cidrs, --node-cidr-mask-size, --node-monitor-period,
 * --node-monitor-grace-period, --node-startup-grace-period, --node-eviction-rate, --secondary-node-eviction-rate,
 * --unhealthy-zone-threshold, --large-cluster-size-threshold, --terminated-pod-gc-threshold, --cluster-signing-duration,
 * --secure-port.
 */
export const kubeControllerManager: Program = (env) => {
  const flags = parseFlags(argvOf(env.args));
  const servers = serversOf(flags);
  const client = createRestClient(env, { servers, user: USER });
  const elector = createRestClient(env, { servers, user: USER, timeout: renewDeadline(flags) / 2 });
  const events = createRestClient(env, { servers, user: USER });
  const informers = createInformers(env, client);
  const recorders = new Map<string, EventRecorder>();

  function recorder(component: string): EventRecorder {
    const known = recorders.get(component);
    if (known !== undefined) return known;
    const made = createEventRecorder(env, events, { component });
    recorders.set(component, made);
    return made;
  }
  const context: ControllerContext = { env, client, informers, cache: createCache(informers), flags, recorder };
  serveHealth(env, flags);

  /** `--use-service-account-credentials`: each controller writes in its own name, and may do what that name may. */
  function clientOf(controller: string): Client {
    if (!flags.bool('use-service-account-credentials', false)) return client;
    const account = ACCOUNTS[controller] ?? controller;
    return client.as(`system:serviceaccount:kube-system:${account}`, [
      'system:serviceaccounts',
      'system:serviceaccounts:kube-system',
    ]);
  }

  function run(): void {
    for (const controller of CONTROLLERS) {
      if (isEnabled(flags, controller.name)) controller.start({ ...context, client: clientOf(controller.name) });
    }
    informers.start();
  }
  if (!flags.bool('leader-elect', true)) return run();
  runLeaderElection(env, elector, {
    lease: flags.get('leader-elect-resource-name') ?? 'kube-controller-manager',
    namespace: flags.get('leader-elect-resource-namespace') ?? 'kube-system',
    identity: `${env.host}_${uuid(env)}`,
    leaseDuration: duration(flags, 'leader-elect-lease-duration', 15 * SECOND),
    renewDeadline: renewDeadline(flags),
    retryPeriod: duration(flags, 'leader-elect-retry-period', 2 * SECOND),
    recorder: recorder('kube-controller-manager'),
    onStartedLeading: run,
    onStoppedLeading() {
      env.print('leaderelection lost\n', 'stderr');
      env.exit(1);
    },
  });
};

function serversOf(flags: Flags): readonly string[] {
  const given = flags.list('master').map((server) => server.replace(/^https?:\/\//, ''));
  return given.length > 0 ? given : [`127.0.0.1:${Ports.apiserver}`];
}

function duration(flags: Flags, name: string, fallback: Micros): Micros {
  const given = flags.get(name);
  return given === undefined ? fallback : parseDuration(given);
}

function renewDeadline(flags: Flags): Micros {
  return duration(flags, 'leader-elect-renew-deadline', 10 * SECOND);
}

/** `--controllers=*,-taint-eviction-controller`. */
function isEnabled(flags: Flags, name: string): boolean {
  const listed = flags.list('controllers');
  if (listed.includes(`-${name}`)) return false;
  return listed.length === 0 || listed.includes('*') || listed.includes(name);
}

function serveHealth(env: Env, flags: Flags): void {
  const address = `${flags.get('bind-address') ?? '0.0.0.0'}:${flags.int('secure-port', Ports.controllerManager)}`;
  serveHttp(env, address, (exchange) => {
    const path = exchange.request.path.split('?')[0] ?? '';
    if (path === '/healthz' || path === '/livez' || path === '/readyz') exchange.respond(200, 'ok');
    else exchange.respond(404, '404 page not found');
  });
}

function uuid(env: Env): string {
  const digits = env.random.hex(32);
  const variant = '89ab'[env.random.below(4)] ?? '8';
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-');
}
