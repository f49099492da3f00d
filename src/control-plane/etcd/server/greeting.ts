// The first words on a connection between members: who one is, what one wants, and whether that is welcome.
// Models the TLS handshake and the headers of server/etcdserver/api/rafthttp (http.go, util.go)
import type { Certificate } from '../../../api/certificate.ts';
import type { Member } from '../../../api/etcd.ts';
import { isObject } from '../../../lib/json.ts';

export interface Hello {
  /** members: only to be told who belongs to the cluster, as one that joins needs to. */
  readonly wants: 'raft' | 'members';
  readonly certificate?: Certificate;
  readonly clusterId: string;
  readonly from: string;
  readonly to: string;
  /** X-PeerURLs: where the sender can be reached by one that has not heard of it. */
  readonly peerUrls: readonly string[];
}

export interface ClusterInfo {
  readonly clusterId: string;
  readonly members: readonly Member[];
}

export type Welcome =
  | { readonly certificate?: Certificate; readonly info?: ClusterInfo }
  | { readonly refused: string; readonly removed?: true };

/** Said instead of the first message by one that does not trust the server. */
export const BAD_CERTIFICATE = 'alert: bad certificate';

export function parseHello(payload: string): Hello | undefined {
  const value = parse(payload);
  return isObject(value) && typeof value['wants'] === 'string' && typeof value['from'] === 'string'
    ? (value as unknown as Hello)
    : undefined;
}

export function parseWelcome(payload: string): Welcome | undefined {
  const value = parse(payload);
  return isObject(value) ? (value as unknown as Welcome) : undefined;
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
