import { ClusterDefaults, Ports } from '../../api/ports.ts';
import { createInformers } from '../../client/informers.ts';
import { EndpointSlices, Services } from '../../client/resources.ts';
import { createRestClient } from '../../client/rest-client.ts';
import { argvOf, parseFlags } from '../../lib/flags.ts';
import { MINUTE, SECOND, type Env, type Micros, type Program } from '../../sim/env.ts';
import { serveHttp } from '../../sim/http-server.ts';
import { CANARY, ruleSet, synced, type RuleSet } from './rules.ts';
import { servicePorts } from './service-ports.ts';

const MIN_SYNC_PERIOD: Micros = SECOND;
const SYNC_PERIOD: Micros = 30 * SECOND;
const FULL_SYNC_PERIOD: Micros = 60 * MINUTE;

/**
 * Writes the node's network rules so that Services reach their endpoints (Models pkg/proxy/iptables). Changes are written
 * at most once a second; everything again at start, hourly, and within 30 s of our chains being removed.
 * Flags: --master (list), --hostname-override, --node-ip, --cluster-cidr.
 */
export const kubeProxy: Program = (env) => {
  const flags = parseFlags(argvOf(env.args));
  const node = flags.get('hostname-override') ?? env.host;
  const clusterCidr = flags.get('cluster-cidr') ?? ClusterDefaults.podCidr;
  const client = createRestClient(env, {
    servers: flags.list('master'),
    user: 'system:serviceaccount:kube-system:kube-proxy',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system'],
  });
  const informers = createInformers(env, client);
  const services = informers.for(Services);
  const slices = informers.for(EndpointSlices);

  let written: RuleSet | undefined;
  let lastFull: Micros = 0;
  let needFull = true;
  let syncing = false;
  let wanted = false;
  let lastSync: Micros | undefined;

  function sync(): void {
    syncing = true;
    wanted = false;
    lastSync = env.uptime();
    env.net.save((tables) => {
      const ports = servicePorts(services.list(), slices.list(), node);
      const rules = ruleSet(ports, clusterCidr);
      const full = needFull || written === undefined || env.uptime() - lastFull >= FULL_SYNC_PERIOD;
      env.net.restore(
        synced(tables, {
          rules,
          changed: full ? undefined : changedPorts(written, rules),
          stale: staleChains(written, rules),
        }),
      );
      if (full) lastFull = env.uptime();
      needFull = false;
      written = rules;
      syncing = false;
      env.trace({
        type: 'proxy.sync',
        node,
        full,
        services: ports.length,
        endpoints: ports.reduce((sum, port) => sum + port.endpoints.length, 0),
      });
      if (wanted) {
        wanted = false;
        request();
      }
    });
  }

  /** Runs a sync now, or as soon as a second has gone by since the last (async.BoundedFrequencyRunner). */
  function request(): void {
    if (wanted && !syncing) return;
    wanted = true;
    if (syncing) return;
    const wait = lastSync === undefined ? 0 : lastSync + MIN_SYNC_PERIOD - env.uptime();
    if (wait <= 0) sync();
    else env.after(wait, sync);
  }

  function monitor(): void {
    env.after(SYNC_PERIOD, () => {
      env.net.save((tables) => {
        if (tables['nat']?.[CANARY] === undefined || tables['filter']?.[CANARY] === undefined) needFull = true;
        request();
      });
      monitor();
    });
  }

  serveHealth(env);
  informers.start();
  informers.whenSynced(() => {
    request();
    services.onChange(request);
    slices.onChange(request);
    monitor();
  });
};

function changedPorts(before: RuleSet | undefined, now: RuleSet): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const [key, chains] of now.byPort)
    if (JSON.stringify(before?.byPort.get(key)) !== JSON.stringify(chains)) changed.add(key);
  return changed;
}

function staleChains(before: RuleSet | undefined, now: RuleSet): string[] {
  const names = (rules: RuleSet) => [...rules.byPort.values()].flatMap((chains) => Object.keys(chains));
  if (before === undefined) return [];
  const kept = new Set(names(now));
  return names(before).filter((name) => !kept.has(name));
}

function serveHealth(env: Env): void {
  serveHttp(env, `0.0.0.0:${Ports.kubeProxyHealthz}`, (exchange) => {
    if (exchange.request.path.startsWith('/healthz') || exchange.request.path.startsWith('/livez'))
      exchange.respond(200, '{}');
    else exchange.respond(404, '404 page not found\n');
  });
}
