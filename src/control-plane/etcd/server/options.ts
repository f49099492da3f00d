// etcd's flags. Source: server/embed/config.go
import { isObject } from '../../../lib/json.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { parseFlags, type Flags } from '../../../lib/flags.ts';
import type { Address, JsonObject, Micros } from '../../../sim/env.ts';
import { MILLISECOND } from '../../../sim/env.ts';

export interface EtcdOptions {
  readonly name: string;
  readonly dataDir: string;
  readonly listenPeer: readonly Address[];
  readonly listenClient: readonly Address[];
  readonly listenMetrics: readonly Address[];
  readonly advertisePeerUrls: readonly string[];
  readonly advertiseClientUrls: readonly string[];
  /** Name → peer URL of every member. */
  readonly initialCluster: ReadonlyMap<string, string>;
  readonly initialClusterState: 'new' | 'existing';
  readonly clusterToken: string;
  readonly strictReconfigCheck: boolean;
  readonly maxLearners: number;
  /** Bytes of the backend beyond which writes are refused; Infinity: none. */
  readonly quotaBackendBytes: number;
  readonly clientTls: Tls;
  readonly peerTls: Tls;
  readonly heartbeat: Micros;
  readonly election: Micros;
  /** Committed entries between two snapshots. */
  readonly snapshotCount: number;
  /** Entries kept in memory behind a snapshot for followers that are slow. */
  readonly snapshotCatchupEntries: number;
  readonly watchProgressInterval: Micros;
  readonly maxRequestBytes: number;
  readonly preVote: boolean;
  /** Known mistakes, for tests of the tests. */
  readonly bugs: { readonly commitByCountingAcrossTerms: boolean; readonly voteWithoutPersisting: boolean };
}

/** Certificates of one of the two doors; paths of files. */
export interface Tls {
  readonly certFile: string | undefined;
  readonly trustedCaFile: string | undefined;
  readonly clientCertAuth: boolean;
}

const DEFAULT_QUOTA = 2 * 1024 * 1024 * 1024;

/** `{ "argv": ["--name=…"] }`, or the flags as members: `{ "name": "…" }`. */
export function parseOptions(args: JsonObject): EtcdOptions {
  const { argv } = args;
  const words = Array.isArray(argv)
    ? argv.map(String)
    : Object.entries(args).map(([name, value]) => `--${name}=${String(value)}`);
  const flags = parseFlags(words);
  const bugs = isObject(args['bugs']) ? args['bugs'] : {};
  const name = flags.get('name') ?? 'default';
  const clientUrls = flags.list('listen-client-urls');
  const members = flags.list('initial-cluster').map((member): [string, string] => {
    const at = member.indexOf('=');
    return [member.slice(0, at), member.slice(at + 1)];
  });
  const advertisedPeer = flags.list('initial-advertise-peer-urls');
  const own = members.find(([member]) => member === name);
  return {
    name,
    dataDir: flags.get('data-dir') ?? `${name}.etcd`,
    listenPeer: flags.list('listen-peer-urls').map(addressOf),
    listenClient: clientUrls.map(addressOf),
    listenMetrics: flags.list('listen-metrics-urls').map(addressOf),
    advertisePeerUrls: advertisedPeer.length > 0 ? advertisedPeer : own === undefined ? [] : [own[1]],
    advertiseClientUrls:
      flags.get('advertise-client-urls') === undefined ? clientUrls : flags.list('advertise-client-urls'),
    initialCluster: new Map(members),
    initialClusterState: flags.get('initial-cluster-state') === 'existing' ? 'existing' : 'new',
    clusterToken: flags.get('initial-cluster-token') ?? 'etcd-cluster',
    strictReconfigCheck: flags.bool('strict-reconfig-check', true),
    maxLearners: flags.int('max-learners', 1),
    quotaBackendBytes: quotaOf(flags.int('quota-backend-bytes', 0)),
    clientTls: tlsOf(flags, ''),
    peerTls: tlsOf(flags, 'peer-'),
    heartbeat: flags.int('heartbeat-interval', 100) * MILLISECOND,
    election: flags.int('election-timeout', 1000) * MILLISECOND,
    snapshotCount: flags.int('snapshot-count', 10_000),
    snapshotCatchupEntries: flags.int('snapshot-catchup-entries', 5_000),
    watchProgressInterval: parseDuration(
      flags.get('watch-progress-notify-interval') ?? flags.get('experimental-watch-progress-notify-interval') ?? '10m',
    ),
    maxRequestBytes: flags.int('max-request-bytes', 1.5 * 1024 * 1024),
    preVote: flags.bool('pre-vote', true),
    bugs: {
      commitByCountingAcrossTerms: bugs['commitByCountingAcrossTerms'] === true,
      voteWithoutPersisting: bugs['voteWithoutPersisting'] === true,
    },
  };
}

/** 0 is the default, less than that is no limit. */
function quotaOf(bytes: number): number {
  if (bytes === 0) return DEFAULT_QUOTA;
  return bytes < 0 ? Number.POSITIVE_INFINITY : bytes;
}

function tlsOf(flags: Flags, prefix: string): Tls {
  return {
    certFile: flags.get(`${prefix}cert-file`) || undefined,
    trustedCaFile: flags.get(`${prefix}trusted-ca-file`) || undefined,
    clientCertAuth: flags.bool(`${prefix}client-cert-auth`, false),
  };
}

/** `https://10.0.0.11:2380` → `10.0.0.11:2380` */
export function addressOf(url: string): Address {
  const at = url.indexOf('://');
  return (at < 0 ? url : url.slice(at + 3)).replace(/\/$/, '');
}
