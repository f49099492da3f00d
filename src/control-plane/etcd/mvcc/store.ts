// Every version of every key since the last compaction. Models server/storage/mvcc (kvstore.go, kvstore_txn.go, index.go).
import type { KeyValue } from '../../../api/etcd.ts';
import { fnv1a32 } from '../../../lib/fnv.ts';
import { SortedMap } from '../../../lib/sorted-map.ts';
import { etcdFailure } from '../errors.ts';
import { KeyIndex } from './revision.ts';
import type { Change } from './revision.ts';

/** As a range end: every key from the start on. */
export const FROM_KEY = '\0';

export interface RangeOptions {
  readonly limit?: number;
  /** 0 or absent: now. */
  readonly revision?: number;
  readonly countOnly?: boolean;
}

export interface RangeResult {
  readonly kvs: readonly KeyValue[];
  /** Of all keys in the range, whatever the limit. */
  readonly count: number;
  readonly revision: number;
}

/** Plain data, for snapshots. */
export interface StoreImage {
  readonly revision: number;
  readonly compactRevision: number;
  readonly changes: readonly Change[];
}

export class Store {
  /** An empty store is at revision 1, as upstream's. */
  private current = 1;
  private compacted = 0;
  private readonly index = SortedMap.ofStrings<KeyIndex>();
  /** Ordered by revision. */
  private history: Change[] = [];
  private bytes = 0;

  get revision(): number {
    return this.current;
  }

  /** Revisions below this one are gone. 0: nothing was compacted. */
  get compactRevision(): number {
    return this.compacted;
  }

  /** Bytes of everything that is not compacted. */
  get sizeInUse(): number {
    return this.bytes;
  }

  get(key: string, revision = this.current): KeyValue | undefined {
    return this.index.get(key)?.at(revision);
  }

  range(key: string, rangeEnd: string | undefined, options: RangeOptions = {}): RangeResult {
    return this.rangeAsOf(key, rangeEnd, options, this.current);
  }

  /** `now` is the revision that a reader sees without asking for one: inside a transaction, its own. */
  rangeAsOf(key: string, rangeEnd: string | undefined, options: RangeOptions, now: number): RangeResult {
    const { limit = 0, revision = 0, countOnly = false } = options;
    this.checkRevision(revision, now);
    const asOf = revision > 0 ? revision : now;
    const kvs: KeyValue[] = [];
    let count = 0;
    for (const kv of this.visible(key, rangeEnd, asOf)) {
      count++;
      if (!countOnly && (limit <= 0 || kvs.length < limit)) kvs.push(kv);
    }
    return { kvs, count, revision: now };
  }

  checkRevision(revision: number, now = this.current): void {
    if (revision > now) throw etcdFailure('futureRevision');
    if (revision > 0 && revision < this.compacted) throw etcdFailure('compacted');
  }

  private *visible(key: string, rangeEnd: string | undefined, revision: number): IterableIterator<KeyValue> {
    if (rangeEnd === undefined || rangeEnd === '') {
      const kv = this.index.get(key)?.at(revision);
      if (kv !== undefined) yield kv;
      return;
    }
    for (const [, keyIndex] of this.index.range(key, rangeEnd === FROM_KEY ? undefined : rangeEnd)) {
      const kv = keyIndex.at(revision);
      if (kv !== undefined) yield kv;
    }
  }

  /** Everything that `write` does is one revision; nothing happened if it changed nothing. */
  write(cause: string | undefined, write: (txn: WriteTxn) => void): readonly Change[] {
    const txn = new WriteTxn(this, this.current, cause, (change) => this.add(change));
    write(txn);
    if (txn.changes.length > 0) this.current++;
    return txn.changes;
  }

  private add(change: Change): void {
    let keyIndex = this.index.get(change.key);
    if (keyIndex === undefined) {
      keyIndex = new KeyIndex();
      this.index.set(change.key, keyIndex);
    }
    this.bytes += bytesOf(change);
    keyIndex.add(change);
    this.history.push(change);
  }

  compact(revision: number): void {
    if (revision <= this.compacted) throw etcdFailure('compacted');
    if (revision > this.current) throw etcdFailure('futureRevision');
    this.compacted = revision;
    const gone: string[] = [];
    for (const [key, keyIndex] of this.index) {
      keyIndex.compact(revision);
      if (keyIndex.empty) gone.push(key);
    }
    for (const key of gone) this.index.delete(key);
    this.history = this.history.filter(
      (change) => change.main > revision || this.index.get(change.key)?.keeps(change) === true,
    );
    this.bytes = this.history.reduce((sum, change) => sum + bytesOf(change), 0);
  }

  /** Changes with from <= main <= to, in order. */
  changesBetween(from: number, to: number): readonly Change[] {
    const start = this.firstAtOrAfter(from);
    return this.history.slice(start, this.firstAtOrAfter(to + 1));
  }

  private firstAtOrAfter(main: number): number {
    let low = 0;
    let high = this.history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.history[middle]?.main ?? 0) < main) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Over all that a reader at `revision` or before can still see: equal on members that applied the same. */
  hash(revision: number): { readonly hash: number; readonly revision: number } {
    this.checkRevision(revision);
    const upTo = revision > 0 ? revision : this.current;
    let hash = fnv1a32(String(this.compacted));
    for (const { main, sub, key, kv } of this.changesBetween(0, upTo)) {
      hash = fnv1a32(JSON.stringify([main, sub, key, kv?.value, kv?.version, kv?.createRevision, kv?.lease]), hash);
    }
    return { hash, revision: upTo };
  }

  /** What a snapshot's status tells of it. */
  totals(): {
    readonly revision: number;
    readonly totalKeys: number;
    readonly totalSize: number;
    readonly hash: number;
  } {
    const totalSize = Math.ceil((this.bytes + 16_384) / 4096) * 4096;
    return { revision: this.current, totalKeys: this.history.length, totalSize, hash: this.hash(0).hash };
  }

  image(): StoreImage {
    return { revision: this.current, compactRevision: this.compacted, changes: this.history };
  }

  static fromImage(image: StoreImage): Store {
    const store = new Store();
    for (const change of image.changes) store.add(change);
    store.current = image.revision;
    store.compacted = image.compactRevision;
    return store;
  }
}

export class WriteTxn {
  readonly changes: Change[] = [];
  private readonly store: Store;
  private readonly began: number;
  private readonly cause: string | undefined;
  private readonly add: (change: Change) => void;

  constructor(store: Store, began: number, cause: string | undefined, add: (change: Change) => void) {
    this.store = store;
    this.began = began;
    this.cause = cause;
    this.add = add;
  }

  /** What this transaction sees: its own changes as well. */
  get revision(): number {
    return this.changes.length > 0 ? this.began + 1 : this.began;
  }

  get(key: string): KeyValue | undefined {
    return this.store.get(key, this.began + 1);
  }

  range(key: string, rangeEnd: string | undefined, options: RangeOptions = {}): RangeResult {
    return this.store.rangeAsOf(key, rangeEnd, options, this.revision);
  }

  put(key: string, value: string, lease: string | undefined): KeyValue {
    const main = this.began + 1;
    const before = this.get(key);
    const kv: KeyValue = {
      key,
      value,
      createRevision: before?.createRevision ?? main,
      modRevision: main,
      version: (before?.version ?? 0) + 1,
      ...(lease === undefined ? {} : { lease }),
    };
    this.record(key, kv);
    return kv;
  }

  deleteRange(key: string, rangeEnd: string | undefined): readonly KeyValue[] {
    const { kvs } = this.range(key, rangeEnd);
    for (const kv of kvs) this.record(kv.key, undefined);
    return kvs;
  }

  private record(key: string, kv: KeyValue | undefined): void {
    const change: Change = { main: this.began + 1, sub: this.changes.length, key, kv, cause: this.cause };
    this.changes.push(change);
    this.add(change);
  }
}

/** With the revision that it is filed under, and the numbers that go with it. */
function bytesOf({ key, kv }: Change): number {
  return 40 + key.length + (kv?.value.length ?? 0);
}
