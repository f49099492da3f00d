// Leases and the keys that end with them. Only the leader knows when they expire. Models server/lease/lessor.go
import { sortBy, sortedStrings } from '../../../lib/order.ts';
import { etcdFailure } from '../errors.ts';

const SECOND = 1_000_000;
const MAX_TTL = 9_000_000_000;
/** Leases that may be revoked per second. */
const REVOKE_RATE = 1000;

interface Lease {
  readonly id: string;
  /** Seconds. */
  readonly ttl: number;
  /** Microseconds; undefined: never, since this member does not lead. */
  expiry: number | undefined;
  readonly keys: Set<string>;
}

export interface LeaseImage {
  readonly id: string;
  readonly ttl: number;
}

export class Lessor {
  private readonly leases = new Map<string, Lease>();
  private readonly leaseOf = new Map<string, string>();
  private readonly minTtl: number;
  private primary = false;

  /** `minTtl` in seconds: shorter leases could run out during an election. */
  constructor(minTtl: number) {
    this.minTtl = minTtl;
  }

  grant(id: string, ttl: number, now: number): number {
    if (ttl > MAX_TTL) throw etcdFailure('leaseTtlTooLarge');
    if (this.leases.has(id)) throw etcdFailure('leaseExists');
    const granted = Math.max(ttl, this.minTtl);
    const expiry = this.primary ? now + granted * SECOND : undefined;
    this.leases.set(id, { id, ttl: granted, expiry, keys: new Set() });
    return granted;
  }

  /** The keys to be deleted, in order. */
  revoke(id: string): readonly string[] {
    const lease = this.mustFind(id);
    this.leases.delete(id);
    for (const key of lease.keys) this.leaseOf.delete(key);
    return sortedStrings(lease.keys);
  }

  /** The lease's time to live in seconds. Only on the leader. */
  renew(id: string, now: number): number {
    if (!this.primary) throw etcdFailure('notLeader');
    const lease = this.mustFind(id);
    // One that ran out waits for its revocation: it must not live on and then vanish.
    if (lease.expiry !== undefined && lease.expiry <= now) throw etcdFailure('leaseNotFound');
    lease.expiry = now + lease.ttl * SECOND;
    return lease.ttl;
  }

  timeToLive(id: string, now: number): { readonly ttl: number; readonly grantedTtl: number; readonly keys: string[] } {
    const lease = this.mustFind(id);
    if (lease.expiry !== undefined && lease.expiry <= now) throw etcdFailure('leaseNotFound');
    const ttl = lease.expiry === undefined ? lease.ttl : Math.floor((lease.expiry - now) / SECOND);
    return { ttl, grantedTtl: lease.ttl, keys: sortedStrings(lease.keys) };
  }

  has(id: string): boolean {
    return this.leases.has(id);
  }

  list(): readonly string[] {
    return sortedStrings(this.leases.keys());
  }

  leaseFor(key: string): string | undefined {
    return this.leaseOf.get(key);
  }

  attach(id: string, key: string): void {
    this.mustFind(id).keys.add(key);
    this.leaseOf.set(key, id);
  }

  detach(key: string): void {
    const id = this.leaseOf.get(key);
    if (id === undefined) return;
    this.leases.get(id)?.keys.delete(key);
    this.leaseOf.delete(key);
  }

  /** A new leader does not know when leases were last renewed: each gets its whole time again, and an election more. */
  promote(extend: number, now: number): void {
    this.primary = true;
    for (const lease of this.leases.values()) lease.expiry = now + extend + lease.ttl * SECOND;
    if (this.leases.size >= REVOKE_RATE) this.spread(extend, now);
  }

  /** Many leases that would run out together are spread over time. */
  private spread(extend: number, now: number): void {
    const leases = sortBy(this.leases.values(), (lease) => lease.expiry ?? 0);
    const target = Math.floor((3 * REVOKE_RATE) / 4);
    let base = (leases[0]?.expiry ?? now) - now;
    let next = base + SECOND;
    let expires = 0;
    for (const lease of leases) {
      const remaining = (lease.expiry ?? now) - now;
      if (remaining > next) {
        base = remaining;
        next = base + SECOND;
        expires = 1;
        continue;
      }
      expires++;
      if (expires <= target) continue;
      const delay = Math.floor((SECOND * expires) / target) - (remaining - base);
      next = base + delay;
      lease.expiry = now + delay + extend + lease.ttl * SECOND;
    }
  }

  demote(): void {
    this.primary = false;
    for (const lease of this.leases.values()) lease.expiry = undefined;
  }

  expired(now: number, limit: number): readonly string[] {
    const due = [...this.leases.values()].filter((lease) => lease.expiry !== undefined && lease.expiry <= now);
    return sortBy(
      due,
      (lease) => lease.expiry ?? 0,
      (lease) => lease.id,
    )
      .slice(0, limit)
      .map((lease) => lease.id);
  }

  image(): readonly LeaseImage[] {
    return sortBy(this.leases.values(), (lease) => lease.id).map(({ id, ttl }) => ({ id, ttl }));
  }

  /** `attached`: the keys of the store that have a lease. */
  static fromImage(
    minTtl: number,
    image: readonly LeaseImage[],
    attached: Iterable<readonly [string, string]>,
  ): Lessor {
    const lessor = new Lessor(minTtl);
    for (const { id, ttl } of image) lessor.leases.set(id, { id, ttl, expiry: undefined, keys: new Set() });
    for (const [key, id] of attached) if (lessor.leases.has(id)) lessor.attach(id, key);
    return lessor;
  }

  private mustFind(id: string): Lease {
    const lease = this.leases.get(id);
    if (lease === undefined) throw etcdFailure('leaseNotFound');
    return lease;
  }
}
