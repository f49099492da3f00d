import { must } from './assert.ts';
import { compareStrings } from './order.ts';

/** A chunk splits in two when it grows past this; small enough to splice cheaply, large enough to keep few chunks. */
const CHUNK_LIMIT = 256;

interface Chunk<K, V> {
  readonly keys: K[];
  readonly values: V[];
}

/**
 * An ordered map: sorted chunks of sorted keys. Lookups are logarithmic; inserts and deletes splice one chunk.
 * A range reads live: the map must not change while one is being iterated.
 */
export class SortedMap<K, V> {
  #chunks: Chunk<K, V>[] = [];
  #size = 0;
  readonly #compare: (a: K, b: K) => number;

  constructor(compare: (a: K, b: K) => number) {
    this.#compare = compare;
  }

  static ofStrings<V>(): SortedMap<string, V> {
    return new SortedMap<string, V>(compareStrings);
  }

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    const chunk = this.#chunks[this.#chunkFor(key)];
    if (chunk === undefined) return undefined;
    const index = this.#lowerBound(chunk.keys, key);
    return this.#holds(chunk, index, key) ? chunk.values[index] : undefined;
  }

  has(key: K): boolean {
    const chunk = this.#chunks[this.#chunkFor(key)];
    return chunk !== undefined && this.#holds(chunk, this.#lowerBound(chunk.keys, key), key);
  }

  set(key: K, value: V): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push({ keys: [key], values: [value] });
      this.#size++;
      return;
    }
    const at = Math.min(this.#chunkFor(key), this.#chunks.length - 1);
    const chunk = must(this.#chunks[at]);
    const index = this.#lowerBound(chunk.keys, key);
    if (this.#holds(chunk, index, key)) {
      chunk.values[index] = value;
      return;
    }
    chunk.keys.splice(index, 0, key);
    chunk.values.splice(index, 0, value);
    this.#size++;
    if (chunk.keys.length > CHUNK_LIMIT) this.#split(at, chunk);
  }

  delete(key: K): boolean {
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return false;
    const index = this.#lowerBound(chunk.keys, key);
    if (!this.#holds(chunk, index, key)) return false;
    chunk.keys.splice(index, 1);
    chunk.values.splice(index, 1);
    this.#size--;
    if (chunk.keys.length === 0) this.#chunks.splice(at, 1);
    return true;
  }

  clear(): void {
    this.#chunks = [];
    this.#size = 0;
  }

  first(): [K, V] | undefined {
    const chunk = this.#chunks[0];
    return chunk === undefined ? undefined : entry(chunk, 0);
  }

  last(): [K, V] | undefined {
    const chunk = this.#chunks.at(-1);
    return chunk === undefined ? undefined : entry(chunk, chunk.keys.length - 1);
  }

  /** The entry with the least key that is not below `key`. */
  ceiling(key: K): [K, V] | undefined {
    const chunk = this.#chunks[this.#chunkFor(key)];
    return chunk === undefined ? undefined : entry(chunk, this.#lowerBound(chunk.keys, key));
  }

  /** The entry with the greatest key that is not above `key`. */
  floor(key: K): [K, V] | undefined {
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return this.last();
    const index = this.#lowerBound(chunk.keys, key);
    if (this.#holds(chunk, index, key)) return entry(chunk, index);
    if (index > 0) return entry(chunk, index - 1);
    const previous = this.#chunks[at - 1];
    return previous === undefined ? undefined : entry(previous, previous.keys.length - 1);
  }

  /** Entries with `from <= key < to`, ascending; an undefined bound is open. */
  *range(from?: K, to?: K): IterableIterator<[K, V]> {
    const start = from === undefined ? 0 : this.#chunkFor(from);
    for (let at = start; at < this.#chunks.length; at++) {
      const chunk = must(this.#chunks[at]);
      let index = from !== undefined && at === start ? this.#lowerBound(chunk.keys, from) : 0;
      for (; index < chunk.keys.length; index++) {
        const key = chunk.keys[index] as K;
        if (to !== undefined && this.#compare(key, to) >= 0) return;
        yield [key, chunk.values[index] as V];
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
    for (const chunk of this.#chunks) yield* chunk.keys;
  }

  *values(): IterableIterator<V> {
    for (const chunk of this.#chunks) yield* chunk.values;
  }

  #rank(key: K | undefined): number {
    if (key === undefined) return this.#size;
    const at = this.#chunkFor(key);
    let rank = 0;
    for (let i = 0; i < at; i++) rank += must(this.#chunks[i]).keys.length;
    const chunk = this.#chunks[at];
    return chunk === undefined ? rank : rank + this.#lowerBound(chunk.keys, key);
  }

  /** The first chunk whose last key is not below `key`; one past the end when there is none. */
  #chunkFor(key: K): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const keys = must(this.#chunks[middle]).keys;
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

  #holds(chunk: Chunk<K, V>, index: number, key: K): boolean {
    return index < chunk.keys.length && this.#compare(chunk.keys[index] as K, key) === 0;
  }

  #split(at: number, chunk: Chunk<K, V>): void {
    const half = chunk.keys.length >> 1;
    this.#chunks.splice(at + 1, 0, { keys: chunk.keys.splice(half), values: chunk.values.splice(half) });
  }
}

function entry<K, V>(chunk: Chunk<K, V>, index: number): [K, V] {
  return [chunk.keys[index] as K, chunk.values[index] as V];
}
