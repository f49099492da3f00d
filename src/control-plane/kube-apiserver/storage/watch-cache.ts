import type { WatchEvent } from '../../../api/etcd.ts';
import type { Env, Micros } from '../../../sim/env.ts';
import type { WatchStep } from '../../../sim/trace.ts';
import type { EtcdApi } from './etcd-client.ts';
import type { Stored } from './objects.ts';
import type { WatchHub } from './watch-hub.ts';
import { must } from '../../../lib/assert.ts';
import { SortedMap } from '../../../lib/sorted-map.ts';
import { MILLISECOND, SECOND } from '../../../lib/time.ts';
import { EtcdFailure } from './etcd-client.ts';
import { decodeStored, withResourceVersion } from './objects.ts';
import { rangeEndOf } from './range-end.ts';

export interface CacheEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly key: string;
  /** As it is now; for DELETED as it was last, with the revision of the deletion. */
  readonly object: Stored;
  readonly previous?: Stored;
  /** What led to the write. */
  readonly cause?: string;
}

export interface CacheListener {
  /** Only changes of objects that have or had this mark matter to it: then it is not even asked about others. */
  readonly mark?: string;
  event(event: CacheEvent): void;
  /** The cache had to start over: this listener hears nothing more. */
  closed(): void;
}

/** What watchers of few objects may wait for: a key, or what `marksOf` of the resource says (a pod's node). */
export function keyMark(key: string): string {
  return `key ${key}`;
}

export type MarksOf = (object: Stored) => string;

/** Changes kept for watches that start in the past. */
const RING_LIMIT = 2048;
const LIST_PAGE = 2000;
const RELIST_PAUSE = 1 * SECOND;
/** Models cacher's blockTimeout and its period of progress requests. */
const FRESH_TIMEOUT = 3 * SECOND;
const CATCH_UP_TIMEOUT = 50 * MILLISECOND;
const PROGRESS_PERIOD = 100 * MILLISECOND;

/** One resource, as etcd has it and a moment later. Models apiserver/pkg/storage/cacher. */
export class WatchCache {
  readonly prefix: string;
  readonly #env: Env;
  readonly #etcd: EtcdApi;
  readonly #hub: WatchHub;
  #objects = SortedMap.ofStrings<Stored>();
  #revision = 0;
  #ready = false;
  /** Every change after this revision is in the ring. */
  #since = 0;
  #ring: CacheEvent[] = [];
  /** Listeners without a mark are under ''. */
  readonly #listeners = new Map<string, Set<CacheListener>>([['', new Set()]]);
  readonly #markOf: MarksOf | undefined;
  readonly #readers = new Set<() => void>();
  #askingProgress = false;
  #generation = 0;

  constructor(env: Env, etcd: EtcdApi, hub: WatchHub, prefix: string, markOf?: MarksOf) {
    this.#markOf = markOf;
    this.#env = env;
    this.#etcd = etcd;
    this.#hub = hub;
    this.prefix = prefix;
  }

  start(): void {
    this.#env.spawn(() => this.#listUntilDone());
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** The content is that of this revision (and, for this resource, of none later). */
  get revision(): number {
    return this.#revision;
  }

  /** Counts changes of the content: what is derived from it holds as long as this stays. */
  get generation(): number {
    return this.#generation;
  }

  /** A watch can start at this revision or later. */
  get since(): number {
    return this.#since;
  }

  get(key: string): Stored | undefined {
    return this.#objects.get(key);
  }

  /** In key order, from `from` (or the prefix's first key) on. */
  range(prefix: string, from = prefix): IterableIterator<[string, Stored]> {
    return this.#objects.range(from, rangeEndOf(prefix));
  }

  count(prefix: string, from = prefix): number {
    return this.#objects.count(from, rangeEndOf(prefix));
  }

  /** Hears everything after `revision`, what is already known at once. Undefined: too long ago. */
  listen(revision: number, listener: CacheListener): (() => void) | undefined {
    if (revision < this.#since) return undefined;
    for (const event of this.#eventsAfter(revision)) listener.event(event);
    const mark = listener.mark ?? '';
    const group = this.#listeners.get(mark) ?? new Set();
    group.add(listener);
    this.#listeners.set(mark, group);
    return () => {
      group.delete(listener);
      if (mark !== '' && group.size === 0) this.#listeners.delete(mark);
    };
  }

  /** True once the cache is listed and has come to `revision`; false when that takes too long. */
  async fresh(revision: number, timeout: Micros = FRESH_TIMEOUT): Promise<boolean> {
    if (this.#isFresh(revision)) return true;
    const { promise, resolve } = this.#env.deferred<boolean>();
    const check = (): void => {
      if (!this.#isFresh(revision)) return;
      done(true);
    };
    const cancel = this.#env.after(timeout, () => done(false));
    const done = (result: boolean): void => {
      cancel();
      this.#readers.delete(check);
      resolve(result);
    };
    this.#readers.add(check);
    this.#askProgress();
    return promise;
  }

  /** Learns how far the watch has come, if etcd says so soon: an idle resource's revision else falls behind until it is compacted. */
  async catchUp(): Promise<void> {
    await this.fresh(this.#revision + 1, CATCH_UP_TIMEOUT);
  }

  #isFresh(revision: number): boolean {
    return this.#ready && this.#revision >= revision;
  }

  #askProgress(): void {
    if (this.#askingProgress || this.#readers.size === 0) return;
    this.#askingProgress = true;
    this.#hub.requestProgress();
    this.#env.after(PROGRESS_PERIOD, () => {
      this.#askingProgress = false;
      this.#askProgress();
    });
  }

  #eventsAfter(revision: number): readonly CacheEvent[] {
    let low = 0;
    let high = this.#ring.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (must(this.#ring[middle]).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#ring.slice(low);
  }

  async #listUntilDone(): Promise<void> {
    for (;;) {
      try {
        await this.#list();
        return;
      } catch (error) {
        if (!(error instanceof EtcdFailure)) throw error;
        await this.#env.sleep(RELIST_PAUSE);
      }
    }
  }

  async #list(): Promise<void> {
    const objects = SortedMap.ofStrings<Stored>();
    let revision = 0;
    let from = this.prefix;
    for (;;) {
      const page = await this.#etcd.range({
        key: from,
        rangeEnd: rangeEndOf(this.prefix),
        limit: LIST_PAGE,
        ...(revision === 0 ? {} : { revision }),
      });
      if (revision === 0) revision = page.header.revision;
      for (const kv of page.kvs) objects.set(kv.key, decodeStored(kv));
      const last = page.kvs.at(-1);
      if (!page.more || last === undefined) break;
      from = `${last.key}\0`;
    }
    this.#restart(objects, revision);
    this.#note('list', revision, []);
  }

  #note(by: WatchStep, revision: number, revisions: readonly number[]): void {
    this.#env.trace({ type: 'cache', prefix: this.prefix, revision, by, revisions });
  }

  #restart(objects: SortedMap<string, Stored>, revision: number): void {
    this.#objects = objects;
    this.#revision = revision;
    this.#since = revision;
    this.#ring = [];
    this.#ready = true;
    this.#generation++;
    this.#hub.subscribe({
      prefix: this.prefix,
      nextRevision: () => this.#revision + 1,
      events: (events) => this.#apply(events),
      progress: (at) => this.#progress(at),
      compacted: () => this.#startOver(),
    });
    this.#wakeReaders();
  }

  #startOver(): void {
    this.#ready = false;
    const listeners = [...this.#listeners.values()].flatMap((group) => [...group]);
    for (const group of this.#listeners.values()) group.clear();
    for (const listener of listeners) listener.closed();
    this.start();
  }

  #apply(events: readonly WatchEvent[]): void {
    const seen = this.#revision;
    const last = events.at(-1);
    if (last === undefined) return;
    this.#note(
      'event',
      last.kv.modRevision,
      events.map(({ kv }) => kv.modRevision),
    );
    for (const event of events) {
      if (event.kv.modRevision <= seen) continue;
      const change = this.#changeOf(event);
      if (change !== undefined) this.#record(change);
    }
    this.#advance(last.kv.modRevision);
  }

  #progress(revision: number): void {
    if (revision > this.#revision) this.#note('bookmark', revision, []);
    this.#advance(revision);
  }

  #changeOf({ type, kv, prevKv, cause }: WatchEvent): CacheEvent | undefined {
    const { key, modRevision: revision } = kv;
    const known = this.#objects.get(key);
    const previous = known ?? (prevKv === undefined ? undefined : decodeStored(prevKv));
    const because = cause === undefined ? {} : { cause };
    if (type === 'DELETE') {
      if (previous === undefined) return undefined;
      this.#objects.delete(key);
      return { type: 'DELETED', revision, key, object: withResourceVersion(previous, revision), previous, ...because };
    }
    const object = decodeStored(kv);
    this.#objects.set(key, object);
    return previous === undefined
      ? { type: 'ADDED', revision, key, object, ...because }
      : { type: 'MODIFIED', revision, key, object, previous, ...because };
  }

  #record(event: CacheEvent): void {
    this.#generation++;
    this.#ring.push(event);
    if (this.#ring.length > RING_LIMIT * 2) {
      const dropped = this.#ring.splice(0, RING_LIMIT);
      this.#since = must(dropped.at(-1)).revision;
    }
    this.#env.because(event.cause ?? this.#env.cause(), () => {
      for (const mark of this.#marksOf(event)) {
        const group = this.#listeners.get(mark);
        if (group !== undefined && group.size > 0) for (const listener of [...group]) listener.event(event);
      }
    });
  }

  #marksOf({ key, object, previous }: CacheEvent): Set<string> {
    const marks = new Set(['', keyMark(key)]);
    if (this.#markOf === undefined) return marks;
    marks.add(this.#markOf(object));
    if (previous !== undefined) marks.add(this.#markOf(previous));
    return marks;
  }

  #advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    this.#wakeReaders();
  }

  #wakeReaders(): void {
    for (const reader of [...this.#readers]) reader();
  }
}
