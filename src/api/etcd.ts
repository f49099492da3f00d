/**
 * etcd's v3 API as it crosses the simulated network: JSON over `POST /<service>/<method>` (sim/http), keys and values as
 * plain strings. Names follow api/etcdserverpb/rpc.proto. Errors answer 4xx/5xx with an EtcdError body.
 */
export const EtcdPaths = {
  range: '/etcdserverpb.KV/Range',
  put: '/etcdserverpb.KV/Put',
  deleteRange: '/etcdserverpb.KV/DeleteRange',
  txn: '/etcdserverpb.KV/Txn',
  compact: '/etcdserverpb.KV/Compact',
  /** A stream: the client sends WatchRequest as data, the server WatchResponse. */
  watch: '/etcdserverpb.Watch/Watch',
  leaseGrant: '/etcdserverpb.Lease/LeaseGrant',
  leaseRevoke: '/etcdserverpb.Lease/LeaseRevoke',
  leaseKeepAlive: '/etcdserverpb.Lease/LeaseKeepAlive',
  leaseTimeToLive: '/etcdserverpb.Lease/LeaseTimeToLive',
  leaseLeases: '/etcdserverpb.Lease/LeaseLeases',
  memberList: '/etcdserverpb.Cluster/MemberList',
  memberAdd: '/etcdserverpb.Cluster/MemberAdd',
  memberRemove: '/etcdserverpb.Cluster/MemberRemove',
  memberUpdate: '/etcdserverpb.Cluster/MemberUpdate',
  memberPromote: '/etcdserverpb.Cluster/MemberPromote',
  status: '/etcdserverpb.Maintenance/Status',
  moveLeader: '/etcdserverpb.Maintenance/MoveLeader',
  hashKv: '/etcdserverpb.Maintenance/HashKV',
  alarm: '/etcdserverpb.Maintenance/Alarm',
  defragment: '/etcdserverpb.Maintenance/Defragment',
  /** Answers a SnapshotResponse; upstream streams it in pieces. */
  snapshot: '/etcdserverpb.Maintenance/Snapshot',
  health: '/health',
} as const;

/** `code` as grpc names it (Unavailable, DeadlineExceeded, OutOfRange, InvalidArgument, NotFound, FailedPrecondition). */
export interface EtcdError {
  readonly code: string;
  /** etcd's words: "etcdserver: request timed out". */
  readonly message: string;
}

export interface ResponseHeader {
  readonly clusterId: string;
  readonly memberId: string;
  readonly revision: number;
  readonly raftTerm: number;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** Lease id in hexadecimal, as etcdctl prints it; absent: none. */
  readonly lease?: string;
}

/** rangeEnd: absent = the one key; "\0" = every key from `key` on; else [key, rangeEnd). */
export interface RangeRequest {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly limit?: number;
  readonly revision?: number;
  readonly sortOrder?: 'NONE' | 'ASCEND' | 'DESCEND';
  readonly sortTarget?: 'KEY' | 'VERSION' | 'CREATE' | 'MOD' | 'VALUE';
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
}
export interface RangeResponse {
  readonly header: ResponseHeader;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: number;
}
export interface PutRequest {
  readonly key: string;
  readonly value: string;
  readonly lease?: string;
  readonly prevKv?: boolean;
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}
export interface PutResponse {
  readonly header: ResponseHeader;
  readonly prevKv?: KeyValue;
}
export interface DeleteRangeRequest {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly prevKv?: boolean;
}
export interface DeleteRangeResponse {
  readonly header: ResponseHeader;
  readonly deleted: number;
  readonly prevKvs: readonly KeyValue[];
}
export interface Compare {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly target: 'VERSION' | 'CREATE' | 'MOD' | 'VALUE' | 'LEASE';
  readonly result: 'EQUAL' | 'GREATER' | 'LESS' | 'NOT_EQUAL';
  readonly value: number | string;
}
export type RequestOp =
  | { readonly range: RangeRequest }
  | { readonly put: PutRequest }
  | { readonly deleteRange: DeleteRangeRequest }
  | { readonly txn: TxnRequest };
export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}
export type ResponseOp =
  | { readonly range: RangeResponse }
  | { readonly put: PutResponse }
  | { readonly deleteRange: DeleteRangeResponse }
  | { readonly txn: TxnResponse };
export interface TxnResponse {
  readonly header: ResponseHeader;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}
export interface CompactRequest {
  readonly revision: number;
  readonly physical?: boolean;
}
export type WatchRequest =
  | { readonly create: WatchCreateRequest }
  | { readonly cancel: { readonly watchId: number } }
  | { readonly progress: Record<string, never> };
export interface WatchCreateRequest {
  readonly watchId: number;
  readonly key: string;
  readonly rangeEnd?: string;
  readonly startRevision?: number;
  readonly prevKv?: boolean;
  readonly progressNotify?: boolean;
  readonly filters?: readonly ('NOPUT' | 'NODELETE')[];
}
export interface WatchResponse {
  readonly header: ResponseHeader;
  readonly watchId: number;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly cancelReason?: string;
  /** Set when cancelled because `startRevision` was compacted. */
  readonly compactRevision?: number;
  readonly events: readonly WatchEvent[];
}
export interface WatchEvent {
  readonly type: 'PUT' | 'DELETE';
  /** For DELETE only key and modRevision mean anything. */
  readonly kv: KeyValue;
  readonly prevKv?: KeyValue;
  /** Cause id of the write, so that whoever reacts can say why. */
  readonly cause?: string;
}
export interface LeaseGrantRequest {
  /** Seconds. */
  readonly ttl: number;
  readonly id?: string;
}
export interface LeaseGrantResponse {
  readonly header: ResponseHeader;
  readonly id: string;
  readonly ttl: number;
}
export interface LeaseTimeToLiveResponse {
  readonly header: ResponseHeader;
  readonly id: string;
  /** -1: no such lease. */
  readonly ttl: number;
  readonly grantedTtl: number;
  readonly keys: readonly string[];
}
/** Answered by the leader only; others say "etcdserver: not leader". */
export interface MoveLeaderRequest {
  /** Hexadecimal. */
  readonly targetId: string;
}
export interface Member {
  /** Hexadecimal, as etcdctl prints it. */
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}
export interface MemberListRequest {
  /** Default true: asked of a quorum. */
  readonly linearizable?: boolean;
}
export interface MemberListResponse {
  readonly header: ResponseHeader;
  readonly members: readonly Member[];
}
export interface MemberAddRequest {
  readonly peerUrls: readonly string[];
  readonly isLearner?: boolean;
}
export interface MemberAddResponse extends MemberListResponse {
  readonly member: Member;
}
export interface MemberIdRequest {
  /** Hexadecimal. */
  readonly id: string;
}
export interface MemberUpdateRequest extends MemberIdRequest {
  readonly peerUrls: readonly string[];
}
export type AlarmType = 'NONE' | 'NOSPACE' | 'CORRUPT';
export interface AlarmMember {
  readonly memberId: string;
  readonly alarm: AlarmType;
}
/** `memberId` '0' or '' and NONE stand for all. */
export interface AlarmRequest extends AlarmMember {
  readonly action: 'GET' | 'ACTIVATE' | 'DEACTIVATE';
}
export interface AlarmResponse {
  readonly header: ResponseHeader;
  readonly alarms: readonly AlarmMember[];
}
export interface SnapshotResponse {
  readonly header: ResponseHeader;
  readonly version: string;
  /** A snapshot file whole: see `snapshotFile`. */
  readonly blob: string;
}
export interface HashKvResponse {
  readonly header: ResponseHeader;
  readonly hash: number;
  readonly compactRevision: number;
  readonly hashRevision: number;
}
export interface StatusResponse {
  readonly header: ResponseHeader;
  readonly version: string;
  /** Bytes. */
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly leader: string;
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  readonly raftTerm: number;
  readonly isLearner: boolean;
  readonly errors: readonly string[];
  /** Bytes that the backend may come to. */
  readonly dbSizeQuota: number;
}
