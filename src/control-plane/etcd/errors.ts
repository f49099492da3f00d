// etcd's errors with their gRPC codes. Source: api/v3rpc/rpctypes/error.go
import type { EtcdError } from '../../api/etcd.ts';

const ERRORS = {
  emptyKey: ['InvalidArgument', 'etcdserver: key is not provided'],
  keyNotFound: ['InvalidArgument', 'etcdserver: key not found'],
  valueProvided: ['InvalidArgument', 'etcdserver: value is provided'],
  leaseProvided: ['InvalidArgument', 'etcdserver: lease is provided'],
  tooManyOps: ['InvalidArgument', 'etcdserver: too many operations in txn request'],
  duplicateKey: ['InvalidArgument', 'etcdserver: duplicate key given in txn request'],
  invalidSortOption: ['InvalidArgument', 'etcdserver: invalid sort option'],
  compacted: ['OutOfRange', 'etcdserver: mvcc: required revision has been compacted'],
  futureRevision: ['OutOfRange', 'etcdserver: mvcc: required revision is a future revision'],
  leaseNotFound: ['NotFound', 'etcdserver: requested lease not found'],
  leaseExists: ['FailedPrecondition', 'etcdserver: lease already exists'],
  leaseTtlTooLarge: ['OutOfRange', 'etcdserver: too large lease TTL'],
  requestTooLarge: ['InvalidArgument', 'etcdserver: request is too large'],
  tooManyRequests: ['ResourceExhausted', 'etcdserver: too many requests'],
  stopped: ['Unavailable', 'etcdserver: server stopped'],
  noLeader: ['Unavailable', 'etcdserver: no leader'],
  notLeader: ['FailedPrecondition', 'etcdserver: not leader'],
  leaderChanged: ['Unavailable', 'etcdserver: leader changed'],
  timeout: ['Unavailable', 'etcdserver: request timed out'],
  timeoutLeaderFailure: ['Unavailable', 'etcdserver: request timed out, possibly due to previous leader failure'],
  timeoutConnectionLost: ['Unavailable', 'etcdserver: request timed out, possibly due to connection lost'],
  timeoutWaitApplied: ['Unavailable', 'etcdserver: request timed out, waiting for the applied index took too long'],
  timeoutLeaderTransfer: ['Unavailable', 'etcdserver: request timed out, leader transfer took too long'],
  badLeaderTransferee: ['FailedPrecondition', 'etcdserver: bad leader transferee'],
  memberNotFound: ['NotFound', 'etcdserver: member not found'],
  memberExists: ['FailedPrecondition', 'etcdserver: member ID already exist'],
  peerUrlExists: ['FailedPrecondition', 'etcdserver: Peer URLs already exists'],
  notEnoughStarted: ['FailedPrecondition', 'etcdserver: re-configuration failed due to not enough started members'],
  badMemberUrls: ['InvalidArgument', 'etcdserver: given member URLs are invalid'],
  memberNotLearner: ['FailedPrecondition', 'etcdserver: can only promote a learner member'],
  learnerNotReady: ['FailedPrecondition', 'etcdserver: can only promote a learner member which is in sync with leader'],
  tooManyLearners: ['FailedPrecondition', 'etcdserver: too many learner members in cluster'],
  unhealthy: ['Unavailable', 'etcdserver: unhealthy cluster'],
  notSupportedForLearner: ['Unavailable', 'etcdserver: rpc not supported for learner'],
  noSpace: ['ResourceExhausted', 'etcdserver: mvcc: database space exceeded'],
} as const;

export type EtcdErrorName = keyof typeof ERRORS;

/** A request that etcd refuses, in its own words. */
export class EtcdFailure extends Error {
  override readonly name = 'EtcdFailure';
  readonly error: EtcdError;

  constructor(error: EtcdError) {
    super(error.message);
    this.error = error;
  }
}

export function etcdFailure(name: EtcdErrorName): EtcdFailure {
  const [code, message] = ERRORS[name];
  return new EtcdFailure({ code, message });
}

/** gRPC's codes as HTTP statuses, as grpc-gateway maps them. */
export function httpStatusOf(code: string): number {
  switch (code) {
    case 'InvalidArgument':
    case 'FailedPrecondition':
    case 'OutOfRange':
      return 400;
    case 'NotFound':
      return 404;
    case 'ResourceExhausted':
      return 429;
    case 'Unimplemented':
      return 501;
    case 'Unavailable':
      return 503;
    case 'DeadlineExceeded':
      return 504;
    default:
      return 500;
  }
}
