// Requests against the store and the leases. Models server/etcdserver/txn
import type {
  Compare,
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyValue,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from '../../../api/etcd.ts';
import { compareNumbers, compareStrings } from '../../../lib/order.ts';
import { etcdFailure } from '../errors.ts';
import type { Lessor } from './lessor.ts';
import type { Change } from './revision.ts';
import type { RangeOptions, RangeResult, Store, WriteTxn } from './store.ts';

/** What members agree on by applying the same entries in the same order. */
export interface Keyspace {
  readonly store: Store;
  readonly lessor: Lessor;
}

export type HeaderOf = (revision: number) => ResponseHeader;

export interface Applied<T> {
  readonly response: T;
  readonly changes: readonly Change[];
}

type Ranges = (key: string, rangeEnd: string | undefined, options: RangeOptions) => RangeResult;

export function applyRange(store: Store, request: RangeRequest, header: HeaderOf): RangeResponse {
  return rangeWith((key, rangeEnd, options) => store.range(key, rangeEnd, options), request, header);
}

function rangeWith(ranges: Ranges, request: RangeRequest, header: HeaderOf): RangeResponse {
  const { key, rangeEnd, revision = 0, countOnly = false, limit = 0 } = request;
  const sorted = needsSort(request);
  // A sorted range needs all keys before the limit takes the first of them; otherwise one more tells that there are more.
  const wanted = sorted || limit <= 0 ? 0 : limit + 1;
  const result = ranges(key, rangeEnd, { limit: wanted, revision, countOnly });
  const ordered = sorted ? sortKvs(result.kvs, request) : result.kvs;
  const more = limit > 0 && ordered.length > limit;
  const cut = more ? ordered.slice(0, limit) : ordered;
  const kvs = request.keysOnly === true ? cut.map((kv) => ({ ...kv, value: '' })) : cut;
  return { header: header(result.revision), kvs, more, count: result.count };
}

function needsSort({ sortOrder = 'NONE', sortTarget = 'KEY' }: RangeRequest): boolean {
  // Keys come in ascending order anyway.
  return sortTarget !== 'KEY' || sortOrder === 'DESCEND';
}

function sortKvs(kvs: readonly KeyValue[], { sortOrder = 'NONE', sortTarget = 'KEY' }: RangeRequest): KeyValue[] {
  // Without an order, a target other than the key sorts ascending.
  const sign = sortOrder === 'DESCEND' ? -1 : 1;
  return [...kvs].sort((a, b) => sign * compareBy(sortTarget, a, b));
}

function compareBy(target: NonNullable<RangeRequest['sortTarget']>, a: KeyValue, b: KeyValue): number {
  switch (target) {
    case 'KEY':
      return compareStrings(a.key, b.key);
    case 'VALUE':
      return compareStrings(a.value, b.value);
    case 'VERSION':
      return compareNumbers(a.version, b.version);
    case 'CREATE':
      return compareNumbers(a.createRevision, b.createRevision);
    case 'MOD':
      return compareNumbers(a.modRevision, b.modRevision);
  }
}

export function applyPut(
  at: Keyspace,
  request: PutRequest,
  cause: string | undefined,
  header: HeaderOf,
): Applied<PutResponse> {
  checkPutNow(at, request);
  let prevKv: KeyValue | undefined;
  const changes = at.store.write(cause, (txn) => {
    prevKv = put(at, txn, request);
  });
  return { response: putResponse(request, prevKv, header(at.store.revision)), changes };
}

export function applyDeleteRange(
  at: Keyspace,
  request: DeleteRangeRequest,
  cause: string | undefined,
  header: HeaderOf,
): Applied<DeleteRangeResponse> {
  let kvs: readonly KeyValue[] = [];
  const changes = at.store.write(cause, (txn) => {
    kvs = deleteRange(at, txn, request);
  });
  return { response: deleteResponse(request, kvs, header(at.store.revision)), changes };
}

export function applyTxn(
  at: Keyspace,
  request: TxnRequest,
  cause: string | undefined,
  header: HeaderOf,
): Applied<TxnResponse> {
  // Every condition is judged, and every operation checked, on the state before the first write.
  const plan = planTxn(at, request);
  checkPlan(at, plan);
  let response: TxnResponse | undefined;
  const changes = at.store.write(cause, (txn) => {
    response = runPlan(at, txn, plan, header);
  });
  if (response === undefined) throw new Error('a transaction answers');
  return { response: { ...response, header: header(at.store.revision) }, changes };
}

/** The end of a lease is one revision that deletes all of its keys. */
export function applyLeaseRevoke(at: Keyspace, id: string, cause: string | undefined): readonly Change[] {
  const keys = at.lessor.revoke(id);
  return at.store.write(cause, (txn) => {
    for (const key of keys) txn.deleteRange(key, undefined);
  });
}

type PlannedOp = Exclude<RequestOp, { readonly txn: TxnRequest }> | { readonly plan: Plan };
interface Plan {
  readonly succeeded: boolean;
  readonly ops: readonly PlannedOp[];
}

function planTxn(at: Keyspace, request: TxnRequest): Plan {
  const succeeded = request.compare.every((compare) => holds(at.store, compare));
  const ops = (succeeded ? request.success : request.failure).map((op): PlannedOp => {
    return 'txn' in op ? { plan: planTxn(at, op.txn) } : op;
  });
  return { succeeded, ops };
}

function checkPlan(at: Keyspace, plan: Plan): void {
  for (const op of plan.ops) {
    if ('plan' in op) checkPlan(at, op.plan);
    else if ('put' in op) checkPutNow(at, op.put);
    else if ('range' in op) at.store.checkRevision(op.range.revision ?? 0);
  }
}

function runPlan(at: Keyspace, txn: WriteTxn, plan: Plan, header: HeaderOf): TxnResponse {
  const responses = plan.ops.map((op): ResponseOp => {
    if ('plan' in op) return { txn: runPlan(at, txn, op.plan, header) };
    if ('range' in op)
      return { range: rangeWith((key, end, options) => txn.range(key, end, options), op.range, header) };
    if ('put' in op) {
      const prevKv = put(at, txn, op.put);
      return { put: putResponse(op.put, prevKv, header(txn.revision)) };
    }
    const kvs = deleteRange(at, txn, op.deleteRange);
    return { deleteRange: deleteResponse(op.deleteRange, kvs, header(txn.revision)) };
  });
  return { header: header(txn.revision), succeeded: plan.succeeded, responses };
}

function holds(store: Store, compare: Compare): boolean {
  const { kvs } = store.range(compare.key, compare.rangeEnd);
  if (kvs.length > 0) return kvs.every((kv) => compareHolds(kv, compare));
  // Nothing has no value; everything else about it is zero.
  return compare.target !== 'VALUE' && compareHolds(undefined, compare);
}

function compareHolds(kv: KeyValue | undefined, compare: Compare): boolean {
  const order = orderOf(kv, compare);
  switch (compare.result) {
    case 'EQUAL':
      return order === 0;
    case 'NOT_EQUAL':
      return order !== 0;
    case 'GREATER':
      return order > 0;
    case 'LESS':
      return order < 0;
  }
}

function orderOf(kv: KeyValue | undefined, { target, value }: Compare): number {
  switch (target) {
    case 'VALUE':
      return compareStrings(kv?.value ?? '', String(value));
    case 'VERSION':
      return compareNumbers(kv?.version ?? 0, Number(value));
    case 'CREATE':
      return compareNumbers(kv?.createRevision ?? 0, Number(value));
    case 'MOD':
      return compareNumbers(kv?.modRevision ?? 0, Number(value));
    case 'LEASE':
      return compareNumbers(leaseNumber(kv?.lease), leaseNumber(value));
  }
}

/** Leases are compared as numbers; '' and 0 are no lease. */
function leaseNumber(lease: string | number | undefined): number {
  if (lease === undefined || lease === '') return 0;
  return typeof lease === 'number' ? lease : Number.parseInt(lease, 16);
}

function checkPutNow({ store, lessor }: Keyspace, request: PutRequest): void {
  const needsPrevious = request.ignoreValue === true || request.ignoreLease === true;
  if (needsPrevious && store.get(request.key) === undefined) throw etcdFailure('keyNotFound');
  if (hasLease(request.lease) && !lessor.has(request.lease)) throw etcdFailure('leaseNotFound');
}

function hasLease(lease: string | undefined): lease is string {
  return lease !== undefined && lease !== '' && lease !== '0';
}

function put({ lessor }: Keyspace, txn: WriteTxn, request: PutRequest): KeyValue | undefined {
  const before = txn.get(request.key);
  const value = request.ignoreValue === true ? (before?.value ?? '') : request.value;
  const given = hasLease(request.lease) ? request.lease : undefined;
  const lease = request.ignoreLease === true ? lessor.leaseFor(request.key) : given;
  lessor.detach(request.key);
  if (lease !== undefined) lessor.attach(lease, request.key);
  txn.put(request.key, value, lease);
  return before;
}

function deleteRange({ lessor }: Keyspace, txn: WriteTxn, { key, rangeEnd }: DeleteRangeRequest): readonly KeyValue[] {
  const kvs = txn.deleteRange(key, rangeEnd);
  for (const kv of kvs) lessor.detach(kv.key);
  return kvs;
}

function putResponse(request: PutRequest, prevKv: KeyValue | undefined, header: ResponseHeader): PutResponse {
  return request.prevKv === true && prevKv !== undefined ? { header, prevKv } : { header };
}

function deleteResponse(
  request: DeleteRangeRequest,
  kvs: readonly KeyValue[],
  header: ResponseHeader,
): DeleteRangeResponse {
  return { header, deleted: kvs.length, prevKvs: request.prevKv === true ? kvs : [] };
}
