import type { KubeObject } from '../api/types.gen.ts';
import { SortedMap } from '../lib/sorted-map.ts';
import { MILLISECOND, SECOND } from '../sim/env.ts';
import type { Env, Micros } from '../sim/env.ts';
import { RpcFailure } from '../sim/http.ts';
import type { WatchStep } from '../sim/trace.ts';
import { ApiError } from './client.ts';
import type { Client, ListOptions } from './client.ts';
import type { CreateInformer, Informer, Key } from './contract.ts';
import { createIndexes } from './indexes.ts';
import type { Resource } from './resources.ts';

const MIN_BACKOFF: Micros = 800 * MILLISECOND;
const MAX_BACKOFF: Micros = 30 * SECOND;
/** A stretch without failures after which the back-off starts afresh. */
const BACKOFF_RESET: Micros = 120 * SECOND;
const MIN_WATCH_SECONDS = 300;
/** A watch that ends sooner than this without an event counts as failed. */
const SHORT_WATCH: Micros = SECOND;

type Handler<T> = (object: T | undefined, old: T | undefined) => void;
interface Change<T> {
  readonly object: T | undefined;
  readonly old: T | undefined;
}

/** Models client-go/tools/cache: a Reflector that feeds a store, with handlers. */
export const createInformer: CreateInformer = <T extends KubeObject>(
  env: Env,
  client: Client,
  resource: Resource<T>,
  options: Pick<ListOptions, 'namespace' | 'fieldSelector' | 'labelSelector'> = {},
): Informer<T> => {
  const cache = SortedMap.ofStrings<T>();
  const indexes = createIndexes<T>();
  const handlers = new Set<Handler<T>>();
  const waiters: (() => void)[] = [];
  let resourceVersion = '';
  let synced = false;
  let started = false;

  function store(key: Key, object: T): Change<T> | undefined {
    const old = cache.get(key);
    if (old?.metadata.resourceVersion === object.metadata.resourceVersion && old?.metadata.uid === object.metadata.uid)
      return undefined;
    cache.set(key, object);
    indexes.replace(key, old, object);
    return { object, old };
  }

  function drop(key: Key, last?: T): Change<T> | undefined {
    const old = cache.get(key);
    if (old === undefined) return undefined;
    cache.delete(key);
    indexes.replace(key, old, undefined);
    return { object: undefined, old: last ?? old };
  }

  function notify(change: Change<T> | undefined): void {
    if (change !== undefined) for (const handler of [...handlers]) handler(change.object, change.old);
  }

  const filter = Object.entries(options)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');

  function moveTo(version: string | undefined, by: WatchStep): void {
    if (version === undefined || version === '' || version === resourceVersion) return;
    resourceVersion = version;
    const component = `${env.host}/${env.name}`;
    const note = { type: 'belief', component, resource: resource.plural, resourceVersion, by } as const;
    env.trace(filter === '' ? note : { ...note, filter });
  }

  /** The whole cache changes before anyone hears of any of it. */
  function replaceAll(items: readonly T[], version: string): void {
    const listed = new Map(items.map((item) => [keyOf(item), item]));
    const gone = [...cache.keys()].filter((key) => !listed.has(key));
    const changes = [...gone.map((key) => drop(key)), ...[...listed].map(([key, item]) => store(key, item))];
    moveTo(version, 'list');
    for (const change of changes) notify(change);
    if (synced) return;
    synced = true;
    for (const then of waiters.splice(0)) then();
  }

  function applyEvent(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: T): void {
    const key = keyOf(object);
    const change = type === 'BOOKMARK' ? undefined : type === 'DELETED' ? drop(key, object) : store(key, object);
    moveTo(object.metadata.resourceVersion, type === 'BOOKMARK' ? 'bookmark' : 'event');
    notify(change);
  }

  /** Resolves with whether the watch did its job, so that the next may follow at once. Rejects when it broke. */
  async function watch(): Promise<boolean> {
    const ended = env.deferred<Error | undefined>();
    const startedAt = env.uptime();
    let events = 0;
    client.watch(
      resource,
      {
        ...options,
        resourceVersion,
        allowBookmarks: true,
        timeoutSeconds: MIN_WATCH_SECONDS + env.random.below(MIN_WATCH_SECONDS),
      },
      {
        event(type, object, cause) {
          events++;
          env.because(cause ?? env.cause(), () => applyEvent(type, object));
        },
        end: (error) => ended.resolve(error),
      },
    );
    const error = await ended.promise;
    if (error !== undefined) throw error;
    return events > 0 || env.uptime() - startedAt >= SHORT_WATCH;
  }

  async function reflect(): Promise<void> {
    const backoff = createBackoff(env);
    let listed = false;
    let from = '0';
    for (;;) {
      try {
        if (!listed) {
          const list = await client.list(resource, { ...options, resourceVersion: from });
          replaceAll(list.items, list.metadata.resourceVersion);
          listed = true;
        }
        if (!(await watch())) await env.sleep(backoff());
      } catch (error) {
        if (!(error instanceof ApiError) && !(error instanceof RpcFailure)) throw error;
        const lost = isTooOld(error);
        if (lost) {
          // A list that is itself too old or too new for the server asks for the latest state.
          from = listed ? resourceVersion : '';
          listed = false;
          if (from !== '') continue;
        }
        await env.sleep(backoff());
      }
    }
  }

  return {
    resource,
    get synced() {
      return synced;
    },
    get resourceVersion() {
      return resourceVersion;
    },
    get: (key) => cache.get(key),
    list({ namespace, labels } = {}) {
      const range = namespace === undefined ? cache.range() : cache.range(`${namespace}/`, `${namespace}0`);
      const found: T[] = [];
      for (const [, object] of range) if (labels === undefined || hasLabels(object, labels)) found.push(object);
      return found;
    },
    byIndex: (index, value) => indexes.find(index, value),
    addIndex: (index, of) => indexes.add(index, of, cache),
    onChange(handler) {
      handlers.add(handler);
      for (const [, object] of [...cache]) handler(object, undefined);
      return () => handlers.delete(handler);
    },
    start() {
      if (started) return;
      started = true;
      env.spawn(reflect);
    },
    whenSynced(then) {
      if (synced) then();
      else waiters.push(then);
    },
  };
};

function keyOf(object: KubeObject): Key {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

function hasLabels(object: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  return Object.keys(labels).every((name) => object.metadata.labels?.[name] === labels[name]);
}

/** 410 Expired, Gone, and a list from a version that the server has not reached yet (504). */
function isTooOld(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 410 || /Too large resource version/.test(error.message));
}

function createBackoff(env: Env): () => Micros {
  let next = MIN_BACKOFF;
  let last = 0;
  return () => {
    const now = env.uptime();
    if (now - last > BACKOFF_RESET) next = MIN_BACKOFF;
    last = now;
    const delay = next + env.random.below(next);
    next = Math.min(MAX_BACKOFF, next * 2);
    return Math.min(delay, MAX_BACKOFF);
  };
}
