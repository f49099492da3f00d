import { SortedMap } from '../lib/sorted-map.ts';
import type { Key } from './contract.ts';

interface Index<T> {
  readonly of: (object: T) => readonly string[];
  readonly byValue: Map<string, SortedMap<string, T>>;
}

export interface Indexes<T> {
  add(name: string, of: (object: T) => readonly string[], existing: Iterable<[Key, T]>): void;
  replace(key: Key, old: T | undefined, object: T | undefined): void;
  find(name: string, value: string): readonly T[];
}

/** Secondary indexes of a cache: value → objects in key order. */
export function createIndexes<T>(): Indexes<T> {
  const indexes = new Map<string, Index<T>>();
  return {
    add(name, of, existing) {
      if (indexes.has(name)) return;
      const index: Index<T> = { of, byValue: new Map() };
      indexes.set(name, index);
      for (const [key, object] of existing) insert(index, key, object);
    },
    replace(key, old, object) {
      for (const index of indexes.values()) {
        if (old !== undefined) remove(index, key, old);
        if (object !== undefined) insert(index, key, object);
      }
    },
    find: (name, value) => [...(indexes.get(name)?.byValue.get(value)?.values() ?? [])],
  };
}

function insert<T>(index: Index<T>, key: Key, object: T): void {
  for (const value of index.of(object)) {
    const objects = index.byValue.get(value) ?? SortedMap.ofStrings<T>();
    objects.set(key, object);
    index.byValue.set(value, objects);
  }
}

function remove<T>(index: Index<T>, key: Key, object: T): void {
  for (const value of index.of(object)) {
    const objects = index.byValue.get(value);
    objects?.delete(key);
    if (objects?.size === 0) index.byValue.delete(value);
  }
}
