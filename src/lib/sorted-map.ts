import { must } from './assert.ts';
import { compareStrings } from './order.ts';

/** A chunk splits in two when it grows past this; small enough to splice cheaply, large enough to keep few chunks. */
const CHUNK_LIMIT = 256;

/**
 * An ordered map: sorted chunks of sorted keys beside an unordered map of the values. Looking up one key, which is done most,
 * costs no comparison; inserts and deletes splice one chunk. Keys are primitives.
 * A range reads live: the map must not change while one is being iterated.
 */
export class SortedMap<K extends string | number, V> {
  readonly #values = new Map<K, V>();
  #chunks: K[][] = [];
  readonly #compare: (a: K, b: K) => number;

  constructor(compare: (a: K, b: K) => number) {
    this.#compare = compare;
  }

  static ofStrings<V>(): SortedMap<string, V> {
    return new SortedMap<string, V>(compareStrings);
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  has(key: K): boolean {
    return this.#values.has(key);
  }

  set(key: K, value: V): void {
    const known = this.#values.has(key);
    this.#values.set(key, value);
    if (!known) this.#insert(key);
  }

  #insert(key: K): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push([key]);
      return;
    }
    const at = Math.min(this.#chunkFor(key), this.#chunks.length - 1);
    const keys = must(this.#chunks[at]);
    keys.splice(this.#lowerBound(keys, key), 0, key);
    if (keys.length > CHUNK_LIMIT) this.#chunks.splice(at + 1, 0, keys.splice(keys.length >> 1));
  }

  delete(key: K): boolean {
    if (!this.#values.delete(key)) return false;
    const at = this.#chunkFor(key);
    const keys = must(this.#chunks[at]);
    keys.splice(this.#lowerBound(keys, key), 1);
    if (keys.length === 0) this.#chunks.splice(at, 1);
    return true;
  }

  clear(): void {
    this.#values.clear();
    this.#chunks = [];
  }

  first(): [K, V] | undefined {
    const keys = this.#chunks[0];
    return keys === undefined ? undefined : this.#entry(keys, 0);
  }

  last(): [K, V] | undefined {
    const keys = this.#chunks.at(-1);
    return keys === undefined ? undefined : this.#entry(keys, keys.length - 1);
  }

  /** The entry with the least key that is not below `key`. */
  ceiling(key: K): [K, V] | undefined {
    const keys = this.#chunks[this.#chunkFor(key)];
    return keys === undefined ? undefined : this.#entry(keys, this.#lowerBound(keys, key));
  }

  /** The entry with the greatest key that is not above `key`. */
  floor(key: K): [K, V] | undefined {
    const at = this.#chunkFor(key);
    const keys = this.#chunks[at];
    if (keys === undefined) return this.last();
    const index = this.#lowerBound(keys, key);
    if (index < keys.length && this.#compare(keys[index] as K, key) === 0) return this.#entry(keys, index);
    if (index > 0) return this.#entry(keys, index - 1);
    const previous = this.#chunks[at - 1];
    return previous === undefined ? undefined : this.#entry(previous, previous.length - 1);
  }

  /** Entries with `from <= key < to`, ascending; an undefined bound is open. */
  *range(from?: K, to?: K): IterableIterator<[K, V]> {
    const start = from === undefined ? 0 : this.#chunkFor(from);
    for (let at = start; at < this.#chunks.length; at++) {
      const keys = must(this.#chunks[at]);
      let index = from !== undefined && at === start ? this.#lowerBound(keys, from) : 0;
      for (; index < keys.length; index++) {
        if (to !== undefined && this.#compare(keys[index] as K, to) >= 0) return;
        yield this.#entry(keys, index);
      }
    }
  }

  /** How many keys lie in `from <= key < to`, without visiting each. */
  count(from?: K, to?: K): number {
    return Math.max(0, this.#rank(to) - (from === undefined ? 0 : this.#rank(from)));
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.range();
  }

  *keys(): IterableIterator<K> {
    for (const keys of this.#chunks) yield* keys;
  }

  *values(): IterableIterator<V> {
    for (const keys of this.#chunks) for (const key of keys) yield this.#values.get(key) as V;
  }

  #rank(key: K | undefined): number {
    if (key === undefined) return this.size;
    const at = this.#chunkFor(key);
    let rank = 0;
    for (let i = 0; i < at; i++) rank += must(this.#chunks[i]).length;
    const keys = this.#chunks[at];
    return keys === undefined ? rank : rank + this.#lowerBound(keys, key);
  }

  /** The first chunk whose last key is not below `key`; one past the end when there is none. */
  #chunkFor(key: K): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const keys = must(this.#chunks[middle]);
      if (this.#compare(keys[keys.length - 1] as K, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #lowerBound(keys: readonly K[], key: K): number {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(keys[middle] as K, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #entry(keys: readonly K[], index: number): [K, V] {
    const key = keys[index] as K;
    return [key, this.#values.get(key) as V];
  }
}
