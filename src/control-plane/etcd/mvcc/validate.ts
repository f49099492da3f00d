// Requests that are refused before anything is proposed. Models server/etcdserver/api/v3rpc/key.go
import type { DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from '../../../api/etcd.ts';
import { etcdFailure } from '../errors.ts';
import { isInRange } from './watch.ts';

const MAX_TXN_OPS = 128;

export function checkRange(request: RangeRequest): void {
  if (request.key === '') throw etcdFailure('emptyKey');
}

export function checkPut(request: PutRequest): void {
  if (request.key === '') throw etcdFailure('emptyKey');
  if (request.ignoreValue === true && request.value !== '') throw etcdFailure('valueProvided');
  if (request.ignoreLease === true && request.lease !== undefined) throw etcdFailure('leaseProvided');
}

export function checkDeleteRange(request: DeleteRangeRequest): void {
  if (request.key === '') throw etcdFailure('emptyKey');
}

export function checkTxn(request: TxnRequest): void {
  checkTxnShape(request, MAX_TXN_OPS);
  checkDuplicates(request.success);
  checkDuplicates(request.failure);
}

function checkTxnShape(request: TxnRequest, maxOps: number): void {
  const ops = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (ops > maxOps) throw etcdFailure('tooManyOps');
  for (const compare of request.compare) if (compare.key === '') throw etcdFailure('emptyKey');
  for (const op of [...request.success, ...request.failure]) {
    if ('range' in op) checkRange(op.range);
    else if ('put' in op) checkPut(op.put);
    else if ('deleteRange' in op) checkDeleteRange(op.deleteRange);
    else checkTxnShape(op.txn, maxOps - ops);
  }
}

interface Touched {
  readonly puts: Set<string>;
  readonly deletes: DeleteRangeRequest[];
}

/** A key may change once in a revision. Only one branch of a nested transaction runs, so its branches may overlap. */
function checkDuplicates(ops: readonly RequestOp[]): Touched {
  const deletes = ops.flatMap((op) => ('deleteRange' in op ? [op.deleteRange] : []));
  const puts = new Set<string>();
  for (const op of ops) {
    if (!('txn' in op)) continue;
    const branches = [checkDuplicates(op.txn.success), checkDuplicates(op.txn.failure)];
    const inside = new Set(branches.flatMap((branch) => [...branch.puts]));
    const insideDeletes = branches.flatMap((branch) => branch.deletes);
    for (const key of inside) addPut(puts, deletes, key);
    for (const request of insideDeletes) {
      for (const key of puts) if (!inside.has(key) && isInRange(key, request)) throw etcdFailure('duplicateKey');
    }
    deletes.push(...insideDeletes);
  }
  for (const op of ops) if ('put' in op) addPut(puts, deletes, op.put.key);
  return { puts, deletes };
}

function addPut(puts: Set<string>, deletes: readonly DeleteRangeRequest[], key: string): void {
  if (puts.has(key) || deletes.some((request) => isInRange(key, request))) throw etcdFailure('duplicateKey');
  puts.add(key);
}
