// How answers are printed. Models etcdctl/ctlv3/command/printer_json.go: the protobufs' own names, ids as numbers, bytes in base64.
import { textToBase64 } from '../text/base64.ts';
import type { EtcdctlCall, EtcdctlIo } from './etcdctl.ts';

export const format = ({ flags }: EtcdctlCall): string => flags.get('write-out') ?? 'simple';

const NAMES: Readonly<Record<string, string>> = {
  clusterId: 'cluster_id',
  memberId: 'member_id',
  raftTerm: 'raft_term',
  createRevision: 'create_revision',
  modRevision: 'mod_revision',
  prevKv: 'prev_kv',
  prevKvs: 'prev_kvs',
  peerUrls: 'peerURLs',
  clientUrls: 'clientURLs',
  compactRevision: 'compact_revision',
  hashRevision: 'hash_revision',
  watchId: 'watch_id',
  cancelReason: 'cancel_reason',
};
const IDS: ReadonlySet<string> = new Set(['clusterId', 'memberId', 'id', 'leader', 'lease']);

export function printJson(io: EtcdctlIo, value: unknown): void {
  io.stdout(`${jsonText(value, '')}\n`);
}

function jsonText(value: unknown, name: string): string {
  if (Array.isArray(value)) return `[${value.map((each) => jsonText(each, '')).join(',')}]`;
  if (typeof value === 'string' && IDS.has(name)) return String(BigInt(`0x${value === '' ? '0' : value}`));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isKv = 'modRevision' in value;
  const fields = Object.entries(value).flatMap(([key, field]): string[] => {
    // What is zero is left out, as protobuf's generated structs do.
    if (field === undefined || field === false || field === 0 || (Array.isArray(field) && field.length === 0))
      return [];
    const shown = isKv && (key === 'key' || key === 'value') ? textToBase64(String(field)) : field;
    return [`${JSON.stringify(nameOf(key, value))}:${jsonText(shown, key)}`];
  });
  return `{${fields.join(',')}}`;
}

function nameOf(key: string, owner: object): string {
  if (key === 'id') return 'peerUrls' in owner || 'ttl' in owner ? 'ID' : 'id';
  if (key === 'raftTerm' && !('clusterId' in owner)) return key;
  if (key === 'memberId' && 'alarm' in owner) return 'memberID';
  return NAMES[key] ?? key;
}
