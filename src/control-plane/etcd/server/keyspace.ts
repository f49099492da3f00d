// What committed entries do: the keys, the leases, the members. Models server/etcdserver/apply
import type { ResponseHeader } from '../../../api/etcd.ts';
import { EtcdFailure } from '../errors.ts';
import { applyDeleteRange, applyLeaseRevoke, applyPut, applyTxn } from '../mvcc/apply.ts';
import type { HeaderOf } from '../mvcc/apply.ts';
import { Lessor } from '../mvcc/lessor.ts';
import type { LeaseImage } from '../mvcc/lessor.ts';
import type { Change } from '../mvcc/revision.ts';
import { Store } from '../mvcc/store.ts';
import type { StoreImage } from '../mvcc/store.ts';
import { WatchHub } from '../mvcc/watch.ts';
import type { InternalRequest, MemberAttributes } from './request.ts';

export type Outcome = { readonly response: object } | { readonly failure: EtcdFailure };

interface Image {
  readonly store: StoreImage;
  readonly leases: readonly LeaseImage[];
  readonly members: readonly MemberAttributes[];
}

export interface AppliedRequest {
  readonly outcome: Outcome;
  readonly changes: readonly Change[];
}

export class Keyspace {
  store = new Store();
  lessor: Lessor;
  members = new Map<string, MemberAttributes>();
  readonly hub = new WatchHub(this.store);
  private readonly minLeaseTtl: number;
  private readonly header: HeaderOf;

  constructor(minLeaseTtl: number, header: HeaderOf) {
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
    this.members.set(op.member.id, op.member);
    return { outcome: { response: {} }, changes: none };
  }

  private headerNow(): ResponseHeader {
    return this.header(this.store.revision);
  }

  image(): string {
    const image: Image = {
      store: this.store.image(),
      leases: this.lessor.image(),
      members: [...this.members.values()],
    };
    return JSON.stringify(image);
  }

  restore(data: string): void {
    const { store, leases, members } = decodeImage(data);
    this.store = Store.fromImage(store);
    const attached: [string, string][] = [];
    for (const { key, lease } of this.store.range('\0', '\0').kvs) if (lease !== undefined) attached.push([key, lease]);
    this.lessor = Lessor.fromImage(this.minLeaseTtl, leases, attached);
    this.members = new Map(members.map((member) => [member.id, member]));
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

/** What `image` made, on this member or another. */
function decodeImage(data: string): Image {
  return JSON.parse(data) as Image;
}
