// Models pkg/registry/core/service/portallocator and its storage: one bitmap for all node ports, changed by compare and swap.
import type { Env } from '../../../sim/env.ts';
import type { KeyValue } from '../../../api/etcd.ts';
import type { EtcdApi } from '../storage/etcd-client.ts';
import { decodeBase64, encodeBase64 } from '../../../api/base64.ts';
import { isObject } from '../../../lib/json.ts';
import { AllocationError } from './ip-allocator.ts';

const KEY = '/registry/ranges/servicenodeports';

export class PortAllocator {
  readonly #env: Env;
  readonly #etcd: EtcdApi;
  readonly #from: number;
  readonly #size: number;

  constructor(env: Env, etcd: EtcdApi, range: { readonly from: number; readonly to: number }) {
    this.#env = env;
    this.#etcd = etcd;
    this.#from = range.from;
    this.#size = range.to - range.from + 1;
  }

  async take(port: number, dryRun: boolean): Promise<void> {
    if (port < this.#from || port >= this.#from + this.#size) {
      throw new AllocationError(
        `provided port is not in the valid range. The range of valid ports is ${this.#from}-${this.#from + this.#size - 1}`,
      );
    }
    await this.#change((bits) => {
      if (has(bits, port - this.#from)) throw new AllocationError('provided port is already allocated');
      if (dryRun) return false;
      set(bits, port - this.#from, true);
      return true;
    });
  }

  /** Takes any free port: from the upper part first, which leaves the first ones to those who name them. */
  async takeNext(dryRun: boolean): Promise<number> {
    let taken = 0;
    await this.#change((bits) => {
      const reserved = Math.min(128, Math.max(16, Math.floor(this.#size / 32)));
      const offset = freeFrom(bits, reserved, this.#size, this.#env) ?? freeFrom(bits, 0, reserved, this.#env);
      if (offset === undefined) throw new AllocationError('range is full');
      taken = this.#from + offset;
      if (dryRun) return false;
      set(bits, offset, true);
      return true;
    });
    return taken;
  }

  async release(port: number): Promise<void> {
    await this.#change((bits) => {
      if (!has(bits, port - this.#from)) return false;
      set(bits, port - this.#from, false);
      return true;
    });
  }

  /** Makes the bitmap say what the Services say, at start: a crash between the two writes may have lost one. */
  async repair(used: () => Promise<readonly number[]>): Promise<void> {
    const ports = await used();
    await this.#change((bits) => {
      const before = encodeBase64(bits);
      for (const port of ports)
        if (port >= this.#from && port < this.#from + this.#size) set(bits, port - this.#from, true);
      return encodeBase64(bits) !== before;
    });
  }

  /** `change` edits the bitmap and says whether to write it; tried again when another apiserver was faster. */
  async #change(change: (bits: Uint8Array) => boolean): Promise<void> {
    for (;;) {
      const { kvs } = await this.#etcd.range({ key: KEY });
      const current = kvs[0];
      const bits = this.#bitsOf(current);
      if (!change(bits)) return;
      const response = await this.#etcd.txn({
        compare: [{ key: KEY, target: 'MOD', result: 'EQUAL', value: current?.modRevision ?? 0 }],
        success: [{ put: { key: KEY, value: this.#encode(bits) } }],
        failure: [],
      });
      if (response.succeeded) return;
    }
  }

  #bitsOf(kv: KeyValue | undefined): Uint8Array {
    const bits = new Uint8Array(Math.ceil(this.#size / 8));
    const value: unknown = kv === undefined ? undefined : JSON.parse(kv.value);
    const data = isObject(value) ? value['data'] : undefined;
    if (typeof data === 'string') bits.set(decodeBase64(data).subarray(0, bits.length));
    return bits;
  }

  #encode(bits: Uint8Array): string {
    return JSON.stringify({
      kind: 'RangeAllocation',
      apiVersion: 'v1',
      metadata: {},
      range: `${this.#from}-${this.#from + this.#size - 1}`,
      data: encodeBase64(bits),
    });
  }
}

function has(bits: Uint8Array, index: number): boolean {
  return (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

function set(bits: Uint8Array, index: number, on: boolean): void {
  const mask = 1 << (index & 7);
  const byte = bits[index >> 3] ?? 0;
  bits[index >> 3] = on ? byte | mask : byte & ~mask;
}

/** The first free place in [from, to), searched in a circle from a random one. */
function freeFrom(bits: Uint8Array, from: number, to: number, env: Env): number | undefined {
  const size = to - from;
  const start = env.random.below(size);
  for (let i = 0; i < size; i++) {
    const index = from + ((start + i) % size);
    if (!has(bits, index)) return index;
  }
  return undefined;
}
