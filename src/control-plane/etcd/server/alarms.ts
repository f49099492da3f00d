// Alarms that members have raised, and the quota that raises one. Models server/etcdserver/api/v3alarm and storage/quota.go
import type { AlarmMember, AlarmRequest, PutRequest, RequestOp, TxnRequest } from '../../../api/etcd.ts';
import { sortBy } from '../../../lib/order.ts';
import type { Operation } from './request.ts';

/** Bytes that a key and a lease take besides what they hold. */
const KEY_OVERHEAD = 256;
const LEASE_OVERHEAD = 64;

export class Alarms {
  private active: readonly AlarmMember[];

  constructor(active: readonly AlarmMember[] = []) {
    this.active = active;
  }

  /** Writes that need space are refused, whichever member has too little. */
  get noSpace(): boolean {
    return this.active.some(({ alarm }) => alarm === 'NOSPACE');
  }

  list(): readonly AlarmMember[] {
    return this.active;
  }

  /** Answers the alarms that it is about. */
  apply({ action, memberId, alarm }: AlarmRequest): readonly AlarmMember[] {
    if (action === 'GET') return this.active.filter((each) => alarm === 'NONE' || each.alarm === alarm);
    const isIt = (each: AlarmMember): boolean => each.memberId === memberId && each.alarm === alarm;
    const found = this.active.find(isIt);
    if (action === 'DEACTIVATE') {
      this.active = this.active.filter((each) => !isIt(each));
      return found === undefined ? [] : [found];
    }
    if (found !== undefined) return [found];
    const raised = { memberId, alarm };
    this.active = sortBy(
      [...this.active, raised],
      (each) => each.memberId.padStart(16, '0'),
      (each) => each.alarm,
    );
    return [raised];
  }
}

/** As protobuf prints it: status and `alarm list` show it so. */
export function alarmText({ memberId, alarm }: AlarmMember): string {
  return `memberID:${BigInt(`0x${memberId}`)} alarm:${alarm} `;
}

/** How many bytes more the backend may need. */
export function costOf(op: Operation): number {
  if ('put' in op) return costOfPut(op.put);
  if ('txn' in op) return costOfTxn(op.txn);
  return 'leaseGrant' in op ? LEASE_OVERHEAD : 0;
}

export function needsSpace(op: Operation): boolean {
  return costOf(op) > 0;
}

function costOfPut({ key, value }: PutRequest): number {
  return KEY_OVERHEAD + key.length + value.length;
}

function costOfTxn({ success, failure }: TxnRequest): number {
  return Math.max(costOfOps(success), costOfOps(failure));
}

function costOfOps(ops: readonly RequestOp[]): number {
  return ops.reduce((sum, op) => sum + ('put' in op ? costOfPut(op.put) : 'txn' in op ? costOfTxn(op.txn) : 0), 0);
}
