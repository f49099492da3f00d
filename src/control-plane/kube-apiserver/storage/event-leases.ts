import type { Env } from '../../../sim/env.ts';
import type { EtcdApi } from './etcd-client.ts';
import { SECOND } from '../../../lib/time.ts';

/** Keys that share a lease, and the share of the time to live during which it is shared. Models etcd3/lease_manager.go. */
const MAX_KEYS = 1000;
const REUSE_PERCENT = 5;
const MAX_REUSE_SECONDS = 60;

/** Events go after an hour: each is put under an etcd lease, shared by those written at about the same time. */
export class EventLeases {
  readonly #env: Env;
  readonly #etcd: EtcdApi;
  readonly #ttl: number;
  #lease: Promise<string> | undefined;
  #until = 0;
  #keys = 0;

  constructor(env: Env, etcd: EtcdApi, ttlSeconds: number) {
    this.#env = env;
    this.#etcd = etcd;
    this.#ttl = ttlSeconds;
  }

  /** The lease for one more key. */
  async next(): Promise<string> {
    const now = this.#env.uptime();
    if (this.#lease === undefined || now > this.#until || this.#keys >= MAX_KEYS) {
      const reuse = Math.min(MAX_REUSE_SECONDS, Math.floor((this.#ttl * REUSE_PERCENT) / 100));
      this.#until = now + reuse * SECOND;
      this.#keys = 0;
      this.#lease = this.#grant(this.#ttl + reuse);
    }
    this.#keys++;
    return this.#lease;
  }

  async #grant(ttl: number): Promise<string> {
    try {
      return (await this.#etcd.leaseGrant({ ttl })).id;
    } catch (error) {
      this.#lease = undefined;
      throw error;
    }
  }
}
