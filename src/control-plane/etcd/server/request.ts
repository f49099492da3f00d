// What a raft entry of etcd asks for. Models api/etcdserverpb/raft_internal.proto
import type {
  AlarmRequest,
  CompactRequest,
  DeleteRangeRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
} from '../../../api/etcd.ts';
import type { Payload } from '../raft/types.ts';
import type { MemberChange } from './membership.ts';

export type Operation =
  | { readonly put: PutRequest }
  | { readonly deleteRange: DeleteRangeRequest }
  | { readonly txn: TxnRequest }
  | { readonly compact: CompactRequest }
  | { readonly leaseGrant: { readonly id: string; readonly ttl: number } }
  | { readonly leaseRevoke: { readonly id: string } }
  | { readonly member: MemberAttributes }
  | { readonly conf: MemberChange }
  | { readonly alarm: AlarmRequest };

/** What a member makes known of itself when it has joined. */
export interface MemberAttributes {
  readonly id: string;
  readonly name: string;
  readonly clientUrls: readonly string[];
}

export interface InternalRequest {
  /** Unique: the member that took the request finds it again by this. */
  readonly id: string;
  readonly op: Operation;
  /** Cause id of the client's request. */
  readonly cause?: string;
  /** The client's address. */
  readonly by?: string;
}

/** undefined: the empty entry of a new leader. */
export function requestOf(data: Payload): InternalRequest | undefined {
  return data === null || typeof data === 'string' ? undefined : (data as InternalRequest);
}

/** For people who read the log. */
export function describe(request: InternalRequest): string {
  const { op } = request;
  if ('put' in op) return `put ${op.put.key}`;
  if ('deleteRange' in op) return `delete ${rangeText(op.deleteRange)}`;
  if ('txn' in op) return describeTxn(op.txn);
  if ('compact' in op) return `compact ${op.compact.revision}`;
  if ('leaseGrant' in op) return `lease grant ${op.leaseGrant.id}`;
  if ('leaseRevoke' in op) return `lease revoke ${op.leaseRevoke.id}`;
  if ('member' in op) return `member ${op.member.name}`;
  if ('alarm' in op) return `alarm ${op.alarm.action.toLowerCase()} ${op.alarm.alarm} ${op.alarm.memberId}`;
  return confText(op.conf);
}

function confText(change: MemberChange): string {
  if (change.type !== 'add') return `member ${change.type} ${change.id}`;
  const { id, name, isLearner, peerUrls } = change.member;
  return `member add ${name === '' ? id : name} ${peerUrls.join(',')}${isLearner ? ' as learner' : ''}`;
}

function describeTxn({ success }: TxnRequest): string {
  const writes = success.map(opText).filter((text) => text !== '');
  return writes.join(', ') || 'txn';
}

function opText(op: RequestOp): string {
  if ('put' in op) return `put ${op.put.key}`;
  if ('deleteRange' in op) return `delete ${rangeText(op.deleteRange)}`;
  return 'txn' in op ? describeTxn(op.txn) : '';
}

function rangeText({ key, rangeEnd }: DeleteRangeRequest): string {
  return rangeEnd === undefined || rangeEnd === '' ? key : `${key}..${rangeEnd === '\0' ? '' : rangeEnd}`;
}
