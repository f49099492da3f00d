import type { KubeObject } from '../../../api/types.gen.ts';
import type { KeyValue, RequestOp, TxnResponse } from '../../../api/etcd.ts';
import type { EtcdApi } from './etcd-client.ts';
import type { Stored } from './objects.ts';
import { must } from '../../../lib/assert.ts';
import { deepEqual } from '../../../lib/json.ts';
import { decodeStored, encodeStored, withResourceVersion } from './objects.ts';

/** What an update may do to the object it finds. */
export type Change = (current: Stored | undefined) => Promise<KubeObject> | KubeObject;

export interface Updated {
  readonly object: Stored;
  readonly created: boolean;
}

/** Objects under keys, each write a transaction that holds only if nothing changed meanwhile. Models apiserver/pkg/storage/etcd3. */
export class Store {
  readonly #etcd: EtcdApi;

  constructor(etcd: EtcdApi) {
    this.#etcd = etcd;
  }

  /** The latest state, agreed on by a quorum. `known` saves decoding what did not change. */
  async get(key: string, known?: Stored): Promise<Stored | undefined> {
    const { kvs } = await this.#etcd.range({ key });
    return decodeUnlessKnown(kvs[0], known);
  }

  /** A revision that every read begun now may be held to. */
  async currentRevision(prefix: string): Promise<number> {
    const { header } = await this.#etcd.range({ key: prefix, countOnly: true });
    return header.revision;
  }

  /** Undefined: the key exists already. */
  async create(key: string, object: KubeObject, lease?: string): Promise<Stored | undefined> {
    const put = { key, value: encodeStored(object), ...(lease === undefined ? {} : { lease }) };
    const response = await this.#etcd.txn({
      compare: [{ key, target: 'MOD', result: 'EQUAL', value: 0 }],
      success: [{ put }],
      failure: [],
    });
    return response.succeeded ? withResourceVersion(object, response.header.revision) : undefined;
  }

  /** All of these in one transaction: the revision that they are of; undefined when any of them exists already. */
  async createAll(objects: readonly (readonly [key: string, object: KubeObject])[]): Promise<number | undefined> {
    const { succeeded, header } = await this.#etcd.txn({
      compare: objects.map(([key]) => ({ key, target: 'MOD', result: 'EQUAL', value: 0 })),
      success: objects.map(([key, object]) => ({ put: { key, value: encodeStored(object) } })),
      failure: [],
    });
    return succeeded ? header.revision : undefined;
  }

  /**
   * Applies `change` to the object until it is written unchanged by others. Starts from `suggestion` (which may be old) when there is one:
   * what fails or changes nothing against an old state is tried again on the latest.
   */
  async update(key: string, suggestion: Stored | undefined, change: Change, lease?: string): Promise<Updated> {
    let fresh = suggestion === undefined;
    let current = suggestion ?? (await this.get(key));
    for (;;) {
      const outcome = await attempt(change, current);
      if (outcome.object === undefined || (current !== undefined && isSame(outcome.object, current))) {
        if (!fresh) {
          const latest = await this.get(key, current);
          fresh = true;
          if (revisionOf(latest) !== revisionOf(current)) {
            current = latest;
            continue;
          }
        }
        if (outcome.object === undefined) throw outcome.error;
        return { object: must(current), created: false };
      }
      const put = { key, value: encodeStored(outcome.object), ...(lease === undefined ? {} : { lease }) };
      const response = await this.#swap(key, current, { put });
      if (response.succeeded) {
        return {
          object: withResourceVersion(outcome.object, response.header.revision),
          created: current === undefined,
        };
      }
      current = found(response);
      fresh = true;
    }
  }

  /** Deletes the object once `check` accepts its state; answers its last state. Undefined: it is not there. */
  async delete(
    key: string,
    suggestion: Stored | undefined,
    check: (current: Stored) => Promise<void> | void,
  ): Promise<Stored | undefined> {
    let current = suggestion ?? (await this.get(key));
    let fresh = suggestion === undefined;
    while (current !== undefined) {
      try {
        await check(current);
      } catch (error) {
        if (fresh) throw error;
        const latest: Stored | undefined = await this.get(key, current);
        if (revisionOf(latest) === revisionOf(current)) throw error;
        current = latest;
        fresh = true;
        continue;
      }
      const response = await this.#swap(key, current, { deleteRange: { key } });
      if (response.succeeded) return withResourceVersion(current, response.header.revision);
      current = found(response);
      fresh = true;
    }
    return undefined;
  }

  async #swap(key: string, current: Stored | undefined, operation: RequestOp): Promise<TxnResponse> {
    return this.#etcd.txn({
      compare: [{ key, target: 'MOD', result: 'EQUAL', value: revisionOf(current) }],
      success: [operation],
      failure: [{ range: { key } }],
    });
  }
}

type Outcome = { readonly object: KubeObject } | { readonly object?: undefined; readonly error: unknown };

async function attempt(change: Change, current: Stored | undefined): Promise<Outcome> {
  try {
    return { object: await change(current) };
  } catch (error) {
    return { error };
  }
}

function found(response: TxnResponse): Stored | undefined {
  const first = must(response.responses[0]);
  return 'range' in first ? decodeUnlessKnown(first.range.kvs[0], undefined) : undefined;
}

function decodeUnlessKnown(kv: KeyValue | undefined, known: Stored | undefined): Stored | undefined {
  if (kv === undefined) return undefined;
  return known !== undefined && revisionOf(known) === kv.modRevision ? known : decodeStored(kv);
}

export function revisionOf(object: KubeObject | undefined): number {
  return Number(object?.metadata.resourceVersion ?? 0);
}

/** Writing `next` over `current` would change nothing. */
function isSame(next: KubeObject, current: Stored): boolean {
  if (next === current) return true;
  return deepEqual(
    { ...next, metadata: { ...next.metadata, resourceVersion: '' } },
    { ...current, metadata: { ...current.metadata, resourceVersion: '' } },
  );
}
