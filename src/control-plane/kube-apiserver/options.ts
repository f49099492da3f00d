import type { Env, Micros } from '../../sim/env.ts';
import type { AuthorizationMode } from './auth/authorizer.ts';
import { ClusterDefaults, Ports } from '../../api/ports.ts';
import { parseDuration } from '../../lib/duration.ts';
import { argvOf, parseFlags } from '../../lib/flags.ts';
import { MINUTE, SECOND } from '../../lib/time.ts';

/** Command line: `{ "argv": ["--advertise-address=10.0.0.11", "--etcd-servers=https://127.0.0.1:2379", …] }`, flags named as upstream's. */
export interface Options {
  readonly advertiseAddress: string;
  readonly bindAddress: string;
  readonly securePort: number;
  /** `ip:port` of the members, the first tried first. */
  readonly etcdServers: readonly string[];
  /** File of the certificate that etcd is shown. */
  readonly etcdCertFile: string | undefined;
  readonly serviceClusterIpRange: string;
  readonly nodePorts: { readonly from: number; readonly to: number };
  readonly compactionInterval: Micros;
  readonly requestTimeout: Micros;
  readonly minRequestTimeout: Micros;
  readonly eventTtlSeconds: number;
  readonly serviceAccountIssuer: string;
  readonly authorizationModes: readonly AuthorizationMode[];
  /** Requests served at once: those that read, and those that write. */
  readonly maxRequestsInFlight: number;
  readonly maxMutatingRequestsInFlight: number;
  readonly priorityAndFairness: boolean;
}

export function parseOptions(env: Env): Options {
  const flags = parseFlags(argvOf(env.args));
  const servers = flags.list('etcd-servers').map((server) => server.replace(/^https?:\/\//, '').replace(/\/$/, ''));
  return {
    advertiseAddress: flags.get('advertise-address') ?? env.ip,
    bindAddress: flags.get('bind-address') ?? '0.0.0.0',
    securePort: flags.int('secure-port', Ports.apiserver),
    etcdCertFile: flags.get('etcd-certfile'),
    etcdServers: servers.length === 0 ? [`127.0.0.1:${Ports.etcdClient}`] : servers,
    serviceClusterIpRange: flags.get('service-cluster-ip-range') ?? ClusterDefaults.serviceCidr,
    nodePorts: parsePortRange(flags.get('service-node-port-range')) ?? ClusterDefaults.nodePortRange,
    compactionInterval: durationOf(flags.get('etcd-compaction-interval'), 5 * MINUTE),
    requestTimeout: durationOf(flags.get('request-timeout'), MINUTE),
    minRequestTimeout: flags.int('min-request-timeout', 1800) * SECOND,
    eventTtlSeconds: Math.floor(durationOf(flags.get('event-ttl'), 60 * MINUTE) / SECOND),
    serviceAccountIssuer: flags.get('service-account-issuer') ?? 'https://kubernetes.default.svc.cluster.local',
    maxRequestsInFlight: flags.int('max-requests-inflight', 400),
    maxMutatingRequestsInFlight: flags.int('max-mutating-requests-inflight', 200),
    priorityAndFairness: flags.bool('enable-priority-and-fairness', true),
    authorizationModes: modesOf(flags.list('authorization-mode')),
  };
}

function durationOf(text: string | undefined, fallback: Micros): Micros {
  return text === undefined ? fallback : parseDuration(text);
}

function parsePortRange(text: string | undefined): { from: number; to: number } | undefined {
  const match = /^([0-9]+)-([0-9]+)$/.exec(text ?? '');
  return match === null ? undefined : { from: Number(match[1]), to: Number(match[2]) };
}

const MODES: readonly AuthorizationMode[] = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC'];

function modesOf(names: readonly string[]): readonly AuthorizationMode[] {
  const modes = MODES.filter((mode) => names.includes(mode)).sort((a, b) => names.indexOf(a) - names.indexOf(b));
  return modes.length === 0 ? ['AlwaysAllow'] : modes;
}
