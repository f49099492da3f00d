// What committed entries do: the keys, the leases, the members. Models server/etcdserver/apply
import type { AlarmMember, ResponseHeader } from '../../../api/etcd.ts';
import { EtcdFailure, etcdFailure } from '../errors.ts';
import { applyDeleteRange, applyLeaseRevoke, applyPut, applyTxn } from '../mvcc/apply.ts';
import type { HeaderOf } from '../mvcc/apply.ts';
import { Lessor } from '../mvcc/lessor.ts';
import type { LeaseImage } from '../mvcc/lessor.ts';
import type { Change } from '../mvcc/revision.ts';
import { Store } from '../mvcc/store.ts';
import type { StoreImage } from '../mvcc/store.ts';
import { WatchHub } from '../mvcc/watch.ts';
import { Alarms, needsSpace } from './alarms.ts';
import { Membership } from './membership.ts';
import type { MemberChange, MembershipImage } from './membership.ts';
import type { InternalRequest } from './request.ts';

export type Outcome = { readonly response: object } | { readonly failure: EtcdFailure };

interface Image {
  readonly store: StoreImage;
  readonly leases: readonly LeaseImage[];
  readonly membership: MembershipImage;
  readonly alarms: readonly AlarmMember[];
}

export interface AppliedRequest {
  readonly outcome: Outcome;
  readonly changes: readonly Change[];
}

export class Keyspace {
  store = new Store();
  lessor: Lessor;
  membership = new Membership();
  alarms = new Alarms();
  readonly hub = new WatchHub(this.store);
  private readonly minLeaseTtl: number;
  private readonly maxLearners: number;
  private readonly header: HeaderOf;

  constructor(minLeaseTtl: number, maxLearners: number, header: HeaderOf) {
    this.maxLearners = maxLearners;
    this.minLeaseTtl = minLeaseTtl;
    this.lessor = new Lessor(minLeaseTtl);
    this.header = header;
  }

  /** `now` only starts the clocks of leases; it changes nothing that members have to agree on. */
  apply(request: InternalRequest, now: number): AppliedRequest {
    try {
      return this.perform(request, now);
    } catch (error) {
      if (!(error instanceof EtcdFailure)) throw error;
      return { outcome: { failure: error }, changes: [] };
    }
  }

  private perform({ op, cause }: InternalRequest, now: number): AppliedRequest {
    const none: readonly Change[] = [];
    if (this.alarms.noSpace && needsSpace(op)) throw etcdFailure('noSpace');
    if ('put' in op) return applied(applyPut(this, op.put, cause, this.header));
    if ('deleteRange' in op) return applied(applyDeleteRange(this, op.deleteRange, cause, this.header));
    if ('txn' in op) return applied(applyTxn(this, op.txn, cause, this.header));
    if ('compact' in op) {
      this.store.compact(op.compact.revision);
      return { outcome: { response: { header: this.headerNow() } }, changes: none };
    }
    if ('leaseGrant' in op) {
      const { id } = op.leaseGrant;
      const ttl = this.lessor.grant(id, op.leaseGrant.ttl, now);
      return { outcome: { response: { header: this.headerNow(), id, ttl } }, changes: none };
    }
    if ('leaseRevoke' in op) {
      const changes = applyLeaseRevoke(this, op.leaseRevoke.id, cause);
      return { outcome: { response: { header: this.headerNow() } }, changes };
    }
    if ('alarm' in op) {
      const alarms = this.alarms.apply(op.alarm);
      return { outcome: { response: { header: this.headerNow(), alarms } }, changes: none };
    }
    if ('conf' in op) {
      this.membership.validate(op.conf, this.maxLearners);
      this.membership.apply(op.conf);
      return { outcome: { response: this.membersAfter(op.conf) }, changes: none };
    }
    const { id, name, clientUrls } = op.member;
    this.membership.publish(id, name, clientUrls);
    return { outcome: { response: {} }, changes: none };
  }

  private membersAfter(change: MemberChange): object {
    const answer = { header: this.headerNow(), members: this.membership.list() };
    return change.type === 'add' ? { ...answer, member: change.member } : answer;
  }

  private headerNow(): ResponseHeader {
    return this.header(this.store.revision);
  }

  image(): string {
    const image: Image = {
      store: this.store.image(),
      leases: this.lessor.image(),
      membership: this.membership.image(),
      alarms: this.alarms.list(),
    };
    return JSON.stringify(image);
  }

  restore(data: string): void {
    const { store, leases, membership, alarms } = decodeImage(data);
    this.store = Store.fromImage(store);
    const attached: [string, string][] = [];
    for (const { key, lease } of this.store.range('\0', '\0').kvs) if (lease !== undefined) attached.push([key, lease]);
    this.lessor = Lessor.fromImage(this.minLeaseTtl, leases, attached);
    this.membership = new Membership(membership);
    this.alarms = new Alarms(alarms);
    this.hub.restore(this.store);
  }
}

function applied({
  response,
  changes,
}: {
  readonly response: object;
  readonly changes: readonly Change[];
}): AppliedRequest {
  return { outcome: { response }, changes };
}

/** The keys of a cluster that was, for the members of one that will be. `bump`: so many revisions later, all before compacted. */
export function restoredImage(data: string, membership: MembershipImage, bump: number): string {
  const { store, leases, alarms } = decodeImage(data);
  const revision = store.revision + bump;
  const compactRevision = bump > 0 ? revision : store.compactRevision;
  const image: Image = { store: { ...store, revision, compactRevision }, leases, membership, alarms };
  return JSON.stringify(image);
}

/** What `image` made, on this member or another. */
function decodeImage(data: string): Image {
  return JSON.parse(data) as Image;
}
