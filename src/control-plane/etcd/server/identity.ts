// Ids of members and of the cluster, which follow from the peer URLs. Models server/etcdserver/api/membership (member.go, cluster.go)
import { sha1 } from '@noble/hashes/legacy.js';
import { sortedStrings } from '../../../lib/order.ts';
import type { Micros } from '../../../sim/env.ts';
import { SECOND } from '../../../sim/env.ts';
import { utf8Bytes } from '../../../lib/fnv.ts';

export interface Identity {
  readonly clusterId: string;
  /** By name, in the order of ids. */
  readonly memberIds: ReadonlyMap<string, string>;
}

export function identify(peers: ReadonlyMap<string, string>, token: string): Identity {
  const ids = [...peers].map(([name, url]): [string, string] => [name, idOf(utf8Bytes(url + token))]);
  const padded = sortedStrings(ids.map(([, id]) => id.padStart(16, '0')));
  const bytes = padded.flatMap((id) => [...id.matchAll(/../g)].map(([pair]) => Number.parseInt(pair, 16)));
  return { clusterId: idOf(bytes), memberIds: new Map(ids) };
}

/** Of a member that joins: what it is called is not known yet, so that the time has to tell it from its predecessors. */
export function newMemberId(peerUrls: readonly string[], now: Micros): string {
  return idOf(utf8Bytes(`${sortedStrings(peerUrls).join('')}${Math.floor(now / SECOND)}`));
}

/** The first eight bytes, in hexadecimal without leading zeros, as etcdctl prints them. */
function idOf(bytes: readonly number[]): string {
  const hex = [...sha1(Uint8Array.from(bytes)).subarray(0, 8)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  return hex.replace(/^0+(?=.)/, '');
}
