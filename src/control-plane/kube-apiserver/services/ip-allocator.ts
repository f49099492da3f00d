// Models pkg/registry/core/service/ipallocator/cidrallocator.go: an address is taken by creating its IPAddress object.
import type { Env } from '../../../sim/env.ts';
import type { EtcdApi } from '../storage/etcd-client.ts';
import type { Cidr } from './ipv4.ts';
import { must } from '../../../lib/assert.ts';
import { formatTime } from '../../../lib/time.ts';
import { newUid } from '../uid.ts';
import { contains, formatIpv4, parseCidr, parseIpv4 } from './ipv4.ts';

const PREFIX = '/registry/ipaddresses/';
/** Random addresses tried before the range counts as full. */
const MAX_TRIES = 64;

export class AllocationError extends Error {
  override readonly name = 'AllocationError';
}

export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

export class IpAllocator {
  readonly #env: Env;
  readonly #etcd: EtcdApi;
  readonly #range: Cidr;

  constructor(env: Env, etcd: EtcdApi, cidr: string) {
    this.#env = env;
    this.#etcd = etcd;
    this.#range = must(parseCidr(cidr), `service-cluster-ip-range: ${cidr}`);
  }

  /** The address of the `kubernetes` Service. */
  get first(): string {
    return formatIpv4(this.#range.base + 1);
  }

  /** Takes a given address. Throws AllocationError. */
  async take(ip: string, owner: Owner, dryRun: boolean): Promise<void> {
    const address = parseIpv4(ip);
    if (address === undefined || !contains(this.#range, address)) {
      throw new AllocationError('the provided network does not match the current range');
    }
    if (address === this.#range.base || address === this.#range.base + this.#range.size - 1) {
      throw new AllocationError('the provided IP is not in the valid range');
    }
    if (dryRun ? await this.#isTaken(ip) : !(await this.#claim(ip, owner))) {
      throw new AllocationError('provided IP is already allocated');
    }
  }

  /** Takes any free address: from the upper part, which leaves the first ones to those who name them. */
  async takeNext(owner: Owner, dryRun: boolean): Promise<string> {
    const reserved = Math.min(256, Math.max(16, Math.floor(this.#range.size / 16)));
    const free = this.#range.size - 2 - reserved;
    for (let i = 0; i < MAX_TRIES; i++) {
      const ip = formatIpv4(this.#range.base + 1 + reserved + this.#env.random.below(Math.max(1, free)));
      if (dryRun) return ip;
      if (await this.#claim(ip, owner)) return ip;
    }
    throw new AllocationError('range is full');
  }

  async release(ip: string): Promise<void> {
    await this.#etcd.txn({ compare: [], success: [{ deleteRange: { key: PREFIX + ip } }], failure: [] });
  }

  async #isTaken(ip: string): Promise<boolean> {
    return (await this.#etcd.range({ key: PREFIX + ip, countOnly: true })).count > 0;
  }

  async #claim(ip: string, { namespace, name }: Owner): Promise<boolean> {
    const key = PREFIX + ip;
    const object = {
      kind: 'IPAddress',
      apiVersion: 'networking.k8s.io/v1',
      metadata: {
        name: ip,
        uid: newUid(this.#env),
        creationTimestamp: formatTime(this.#env.now()),
        labels: {
          'ipaddress.kubernetes.io/ip-family': 'IPv4',
          'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        },
      },
      spec: { parentRef: { group: '', resource: 'services', namespace, name } },
    };
    const response = await this.#etcd.txn({
      compare: [{ key, target: 'MOD', result: 'EQUAL', value: 0 }],
      success: [{ put: { key, value: JSON.stringify(object) } }],
      failure: [],
    });
    return response.succeeded;
  }
}
