// Watchers: those that have seen everything, and those that are catching up. Models server/storage/mvcc (watchable_store.go).
import type { KeyValue, WatchEvent } from '../../../api/etcd.ts';
import { compareStrings } from '../../../lib/order.ts';
import { FROM_KEY } from './store.ts';
import type { Store } from './store.ts';
import type { Change } from './revision.ts';

/** Revisions that one message to a watcher that catches up may hold. */
const MAX_REVISIONS_PER_BATCH = 1000;
/** Watchers that catch up in one round. */
const MAX_WATCHERS_PER_SYNC = 512;

export interface WatchOptions {
  readonly key: string;
  readonly rangeEnd?: string;
  /** 0 or absent: from now on. */
  readonly startRevision?: number;
  readonly prevKv?: boolean;
  readonly filters?: readonly ('NOPUT' | 'NODELETE')[];
}

export type WatchDelivery =
  | { readonly kind: 'events'; readonly revision: number; readonly events: readonly WatchEvent[] }
  | { readonly kind: 'compacted'; readonly revision: number; readonly compactRevision: number };

export interface Watcher {
  readonly options: WatchOptions;
  /** Delivered up to, but not including, this revision. */
  minRevision: number;
  readonly deliver: (delivery: WatchDelivery) => void;
}

export class WatchHub {
  private store: Store;
  private readonly syncedByKey = new Map<string, Set<Watcher>>();
  private readonly syncedRanges = new Set<Watcher>();
  private readonly unsynced = new Set<Watcher>();

  constructor(store: Store) {
    this.store = store;
  }

  get needsSync(): boolean {
    return this.unsynced.size > 0;
  }

  watch(options: WatchOptions, deliver: (delivery: WatchDelivery) => void): Watcher {
    const start = options.startRevision ?? 0;
    const now = this.store.revision;
    const watcher: Watcher = { options, minRevision: start > 0 ? start : now + 1, deliver };
    if (watcher.minRevision > now) this.addSynced(watcher);
    else this.unsynced.add(watcher);
    return watcher;
  }

  cancel(watcher: Watcher): void {
    this.unsynced.delete(watcher);
    this.syncedRanges.delete(watcher);
    const { key } = watcher.options;
    const sameKey = this.syncedByKey.get(key);
    sameKey?.delete(watcher);
    if (sameKey?.size === 0) this.syncedByKey.delete(key);
  }

  isSynced(watcher: Watcher): boolean {
    return !this.unsynced.has(watcher);
  }

  /** One revision's changes, for all who have seen everything before it. */
  notify(changes: readonly Change[]): void {
    const events = new Map<Watcher, WatchEvent[]>();
    for (const change of changes) {
      for (const watcher of this.syncedByKey.get(change.key) ?? []) collect(this.store, events, watcher, change);
      for (const watcher of this.syncedRanges) {
        if (isInRange(change.key, watcher.options)) collect(this.store, events, watcher, change);
      }
    }
    const revision = changes[0]?.main ?? this.store.revision;
    for (const [watcher, list] of events) {
      watcher.minRevision = revision + 1;
      watcher.deliver({ kind: 'events', revision, events: list });
    }
  }

  /** Brings those who are behind nearer to the present. Upstream does this every 100 ms. */
  sync(): void {
    const now = this.store.revision;
    for (const watcher of [...this.unsynced].slice(0, MAX_WATCHERS_PER_SYNC)) {
      this.unsynced.delete(watcher);
      if (watcher.minRevision < this.store.compactRevision) {
        watcher.deliver({ kind: 'compacted', revision: now, compactRevision: this.store.compactRevision });
        continue;
      }
      this.catchUp(watcher, now);
    }
  }

  private catchUp(watcher: Watcher, now: number): void {
    const events = new Map<Watcher, WatchEvent[]>();
    let revisions = 0;
    let last = 0;
    let next = now + 1;
    for (const change of this.store.changesBetween(watcher.minRevision, now)) {
      if (!isInRange(change.key, watcher.options)) continue;
      if (change.main !== last && ++revisions > MAX_REVISIONS_PER_BATCH) {
        next = change.main;
        break;
      }
      last = change.main;
      collect(this.store, events, watcher, change);
    }
    watcher.minRevision = next;
    if (next > now) this.addSynced(watcher);
    else this.unsynced.add(watcher);
    const list = events.get(watcher);
    if (list !== undefined) watcher.deliver({ kind: 'events', revision: now, events: list });
  }

  /** The store was replaced by another member's snapshot: everybody has to look for what was missed. */
  restore(store: Store): void {
    this.store = store;
    for (const watchers of this.syncedByKey.values()) for (const watcher of watchers) this.unsynced.add(watcher);
    for (const watcher of this.syncedRanges) this.unsynced.add(watcher);
    this.syncedByKey.clear();
    this.syncedRanges.clear();
  }

  private addSynced(watcher: Watcher): void {
    const { key, rangeEnd } = watcher.options;
    if (rangeEnd !== undefined && rangeEnd !== '') {
      this.syncedRanges.add(watcher);
      return;
    }
    const sameKey = this.syncedByKey.get(key);
    if (sameKey === undefined) this.syncedByKey.set(key, new Set([watcher]));
    else sameKey.add(watcher);
  }
}

export function isInRange(
  key: string,
  { key: from, rangeEnd }: { readonly key: string; readonly rangeEnd?: string },
): boolean {
  if (rangeEnd === undefined || rangeEnd === '') return key === from;
  return compareStrings(key, from) >= 0 && (rangeEnd === FROM_KEY || compareStrings(key, rangeEnd) < 0);
}

function collect(store: Store, events: Map<Watcher, WatchEvent[]>, watcher: Watcher, change: Change): void {
  if (change.main < watcher.minRevision) return;
  const type = change.kv === undefined ? 'DELETE' : 'PUT';
  if (watcher.options.filters?.includes(type === 'PUT' ? 'NOPUT' : 'NODELETE') === true) return;
  // What the key was one revision earlier, unless that is compacted.
  const readable = watcher.options.prevKv === true && change.main > store.compactRevision;
  const prevKv = readable ? store.get(change.key, change.main - 1) : undefined;
  const event: WatchEvent = {
    type,
    kv: change.kv ?? tombstone(change),
    ...(prevKv === undefined ? {} : { prevKv }),
    ...(change.cause === undefined ? {} : { cause: change.cause }),
  };
  const list = events.get(watcher);
  if (list === undefined) events.set(watcher, [event]);
  else list.push(event);
}

function tombstone({ key, main }: Change): KeyValue {
  return { key, value: '', createRevision: 0, modRevision: main, version: 0 };
}
