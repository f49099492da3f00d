// Who this member is: what its log says, or what it is told when it starts without one. Models server/etcdserver/bootstrap.go
import type { Member } from '../../../api/etcd.ts';
import { sortedStrings } from '../../../lib/order.ts';
import type { Address, Env } from '../../../sim/env.ts';
import { SECOND } from '../../../sim/env.ts';
import type { Restored } from '../raft/types.ts';
import { parseWelcome, type ClusterInfo } from './greeting.ts';
import { identify } from './identity.ts';
import { log } from './log.ts';
import { addressOf, type EtcdOptions } from './options.ts';
import { helloText } from './peers.ts';
import { Storage } from './storage.ts';
import { distrustOf, type Identity } from './tls.ts';

const ASK_TIMEOUT = SECOND;

export interface Bootstrapped {
  readonly memberId: string;
  readonly clusterId: string;
  readonly storage: Storage;
  readonly restored: Restored;
  /** A new cluster's first members, which all of them have in their logs; empty: the log, or the others, will tell. */
  readonly initial: readonly Member[];
  /** Where to find those that are there already, for one that joins. */
  readonly remotes: readonly Member[];
}

/** Why etcd does not start. */
export class BootstrapError extends Error {
  override readonly name = 'BootstrapError';
}

export async function bootstrap(env: Env, options: EtcdOptions, identity: Identity): Promise<Bootstrapped> {
  const storage = new Storage(env.disk, options.dataDir);
  const restored = storage.load((message, fields) => log(env, 'info', message, fields));
  const { owner } = storage;
  if (owner !== undefined) return { ...owner, storage, restored, initial: [], remotes: [] };
  if (!options.initialCluster.has(options.name))
    throw new BootstrapError(`couldn't find local name "${options.name}" in the initial cluster configuration`);
  const found = await (options.initialClusterState === 'existing' ? join : begin)(env, options, identity);
  if (!storage.create({ memberId: found.memberId, clusterId: found.clusterId }))
    throw new BootstrapError(`write ${storage.walPath}: no space left on device`);
  return { ...found, storage, restored };
}

type Found = Pick<Bootstrapped, 'memberId' | 'clusterId' | 'initial' | 'remotes'>;

/** All members of a new cluster work out the same ids. */
async function begin(env: Env, options: EtcdOptions, identity: Identity): Promise<Found> {
  const { clusterId, memberIds } = identify(options.initialCluster, options.clusterToken);
  const initial = [...options.initialCluster].map(([name, url]): Member => {
    return { id: memberIds.get(name) ?? '', name, peerUrls: [url], clientUrls: [], isLearner: false };
  });
  const memberId = memberIds.get(options.name) ?? '';
  const info = await askAround(env, options, identity);
  // It has lost its data: as if nothing had happened it would vote again, and differently.
  if (info?.members.some(({ id, clientUrls }) => id === memberId && clientUrls.length > 0) === true)
    throw new BootstrapError(`member ${memberId} has already been bootstrapped`);
  return { memberId, clusterId, initial: byId(initial), remotes: [] };
}

async function join(env: Env, options: EtcdOptions, identity: Identity): Promise<Found> {
  const info = await askAround(env, options, identity);
  if (info === undefined)
    throw new BootstrapError(
      'cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs',
    );
  const local = [...options.initialCluster];
  const refused = (why: string): BootstrapError =>
    new BootstrapError(`error validating peerURLs ${infoText(info)}: ${why}`);
  if (info.members.length !== local.length) throw refused('member count is unequal');
  for (const { id, peerUrls } of info.members) {
    if (!local.some(([, url]) => peerUrls.includes(url)))
      throw refused(`unmatched member while checking PeerURLs (${id} at ${peerUrls.join(',')})`);
  }
  const url = options.initialCluster.get(options.name) ?? '';
  const self = info.members.find(({ peerUrls }) => peerUrls.includes(url));
  if (self === undefined) throw refused('unmatched member while checking PeerURLs');
  const remotes = info.members.filter((member) => member !== self);
  return { memberId: self.id, clusterId: info.clusterId, initial: [], remotes };
}

function infoText({ clusterId, members }: ClusterInfo): string {
  const each = members.map(({ id, name, peerUrls }) => `&{ID:${id} PeerURLs:[${peerUrls.join(' ')}] Name:${name}}`);
  return `{ClusterID:${clusterId} Members:[${each.join(' ')}]}`;
}

function byId(members: readonly Member[]): Member[] {
  const of = new Map(members.map((member) => [member.id.padStart(16, '0'), member]));
  return sortedStrings(of.keys()).flatMap((id) => of.get(id) ?? []);
}

/** The first of the others that answers tells who belongs to the cluster. */
async function askAround(env: Env, options: EtcdOptions, identity: Identity): Promise<ClusterInfo | undefined> {
  const own = options.initialCluster.get(options.name);
  for (const url of sortedStrings(options.initialCluster.values())) {
    if (url === own) continue;
    const info = await ask(env, addressOf(url), identity);
    if (info !== undefined) return info;
  }
  return undefined;
}

function ask(env: Env, address: Address, identity: Identity): Promise<ClusterInfo | undefined> {
  const answered = env.deferred<ClusterInfo | undefined>();
  const hello = helloText(identity, { wants: 'members', clusterId: '', from: '', to: '', peerUrls: [] });
  const connection = env.connect(
    address,
    {
      open: () => connection.send(hello, { text: 'GET /members', shape: 'request' }),
      message: (payload) => {
        const welcome = parseWelcome(payload);
        const trusted = welcome !== undefined && !('refused' in welcome);
        const known = trusted && distrustOf(identity, welcome.certificate) === undefined;
        answered.resolve(known ? welcome.info : undefined);
        connection.close();
      },
      close: () => answered.resolve(undefined),
    },
    { protocol: 'raft', connectTimeout: ASK_TIMEOUT, deadAfter: ASK_TIMEOUT },
  );
  return answered.promise;
}
