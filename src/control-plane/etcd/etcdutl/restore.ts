// A data directory of a new cluster that holds what a snapshot holds. Models etcdutl/snapshot/v3_snapshot.go
import type { Member } from '../../../api/etcd.ts';
import type { Snapshot } from '../../../api/etcd-snapshot.ts';
import type { Flags } from '../../../lib/flags.ts';
import { sortBy } from '../../../lib/order.ts';
import type { Env } from '../../../sim/env.ts';
import { configurationOf } from '../raft/quorum.ts';
import { identify } from '../server/identity.ts';
import { restoredImage } from '../server/keyspace.ts';
import { Storage } from '../server/storage.ts';

export class EtcdutlError extends Error {}

export interface Restored {
  readonly dataDir: string;
  readonly walDir: string;
  readonly snapDir: string;
  readonly clusterId: string;
  readonly members: readonly Member[];
}

export function restore(env: Env, { image }: Snapshot, flags: Flags, pathOf: (path: string) => string): Restored {
  const name = flags.get('name') ?? 'default';
  const dataDir = flags.get('data-dir') ?? `${name}.etcd`;
  const path = pathOf(dataDir);
  if (env.disk.list(`${path}/`).length > 0)
    throw new EtcdutlError(`data-dir "${dataDir}" not empty or could not be read`);
  const peers = peersOf(flags);
  checkName(flags, name, peers);
  const bump = bumpOf(flags);
  const { clusterId, memberIds } = identify(peers, flags.get('initial-cluster-token') ?? 'etcd-cluster');
  const members = sortBy(
    [...peers].map(([each, url]): Member => {
      return { id: memberIds.get(each) ?? '', name: each, peerUrls: [url], clientUrls: [], isLearner: false };
    }),
    ({ id }) => id.padStart(16, '0'),
  );
  const ids = members.map(({ id }) => id);
  const storage = new Storage(env.disk, path);
  storage.load();
  storage.create({ memberId: memberIds.get(name) ?? '', clusterId });
  // As if each member had been added by an entry of term 1, and all that made the keys came before them.
  storage.save({ term: 1, vote: ids[0] ?? '', commit: ids.length }, []);
  const data = restoredImage(image, { members, removed: [] }, bump);
  const snapshot = { index: ids.length, term: 1, configuration: configurationOf(ids), data };
  storage.saveSnapshot(snapshot, []);
  storage.forgetOld(snapshot);
  return { dataDir, walDir: `${dataDir}/member/wal`, snapDir: `${dataDir}/member/snap`, clusterId, members };
}

function peersOf(flags: Flags): Map<string, string> {
  const members = flags.list('initial-cluster');
  if (members.length === 0) return new Map([['default', 'http://localhost:2380']]);
  return new Map(
    members.map((member): [string, string] => {
      const at = member.indexOf('=');
      return [member.slice(0, at), member.slice(at + 1)];
    }),
  );
}

function checkName(flags: Flags, name: string, peers: ReadonlyMap<string, string>): void {
  const url = peers.get(name);
  if (url === undefined)
    throw new EtcdutlError(`couldn't find local name "${name}" in the initial cluster configuration`);
  const advertised = flags.get('initial-advertise-peer-urls') ?? 'http://localhost:2380';
  if (advertised !== url)
    throw new EtcdutlError(
      `--initial-cluster has ${name}=${url} but missing from --initial-advertise-peer-urls=${advertised}`,
    );
}

/** Revisions go on from further ahead, so that no client takes what it has seen for what will be. */
function bumpOf(flags: Flags): number {
  const bump = flags.int('bump-revision', 0);
  const mark = flags.bool('mark-compacted', false);
  if (bump > 0 && !mark) throw new EtcdutlError('--mark-compacted required if --bump-revision');
  if (mark && bump === 0) throw new EtcdutlError('--bump-revision required if --mark-compacted');
  return bump;
}
