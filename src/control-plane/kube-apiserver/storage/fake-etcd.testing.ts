import type {
  Compare,
  KeyValue,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
  WatchEvent,
} from '../../../api/etcd.ts';
import type { Env } from '../../../sim/env.ts';
import type { EtcdApi, EtcdWatchHandlers, EtcdWatchStream } from './etcd-client.ts';
import { compareStrings } from '../../../lib/order.ts';
import { EtcdFailure } from './etcd-client.ts';

/** etcd's API over a map, for tests: revisions, history, transactions, watches, compaction. */
export interface FakeEtcd extends EtcdApi {
  readonly revision: number;
  /** The next calls fail so, until it is undefined again. */
  failure: EtcdFailure | undefined;
  compactTo(revision: number): void;
  breakStreams(): void;
  value(key: string): string | undefined;
  readonly leases: readonly number[];
}

interface Watch {
  readonly id: number;
  readonly key: string;
  readonly rangeEnd: string | undefined;
  readonly handlers: EtcdWatchHandlers;
  readonly stream: object;
}

export function createFakeEtcd(env: Env, startRevision = 1): FakeEtcd {
  let revision = startRevision;
  let compacted = 0;
  let current = new Map<string, KeyValue>();
  const history: {
    readonly revision: number;
    readonly events: readonly WatchEvent[];
    readonly after: Map<string, KeyValue>;
  }[] = [];
  const watches: Watch[] = [];
  const streams = new Map<object, EtcdWatchHandlers>();
  const leases: number[] = [];
  const header = () => ({ clusterId: '1', memberId: '1', revision, raftTerm: 1 });

  const answer = <T>(make: () => T): Promise<T> => {
    const { promise, resolve, reject } = env.deferred<T>();
    const cause = env.cause();
    env.after(500, () => {
      if (fake.failure !== undefined) return reject(fake.failure);
      try {
        resolve(env.because(cause, make));
      } catch (error) {
        reject(error as Error);
      }
    });
    return promise;
  };
  const inRange = (key: string, from: string, end?: string): boolean =>
    end === undefined ? key === from : compareStrings(key, from) >= 0 && (end === '\0' || compareStrings(key, end) < 0);

  function range(request: RangeRequest): RangeResponse {
    const at = request.revision ?? 0;
    if (at > 0 && at < compacted)
      throw new EtcdFailure('OutOfRange', 'etcdserver: mvcc: required revision has been compacted');
    if (at > revision) throw new EtcdFailure('OutOfRange', 'etcdserver: mvcc: required revision is a future revision');
    const state =
      at === 0 ? current : (history.findLast((entry) => entry.revision <= at)?.after ?? new Map<string, KeyValue>());
    const all = [...state.values()]
      .filter(({ key }) => inRange(key, request.key, request.rangeEnd))
      .sort((a, b) => compareStrings(a.key, b.key));
    const limit = request.limit ?? 0;
    const kvs = request.countOnly === true ? [] : limit > 0 ? all.slice(0, limit) : all;
    return { header: header(), kvs, more: kvs.length < all.length && request.countOnly !== true, count: all.length };
  }

  function holds({ key, target, result, value }: Compare): boolean {
    const kv = current.get(key);
    const actual =
      target === 'MOD'
        ? (kv?.modRevision ?? 0)
        : target === 'CREATE'
          ? (kv?.createRevision ?? 0)
          : target === 'VERSION'
            ? (kv?.version ?? 0)
            : (kv?.value ?? '');
    if (result === 'EQUAL') return actual === value;
    if (result === 'NOT_EQUAL') return actual !== value;
    return result === 'GREATER' ? actual > value : actual < value;
  }

  function txn(request: TxnRequest): TxnResponse {
    const succeeded = request.compare.every(holds);
    const next = new Map(current);
    const events: WatchEvent[] = [];
    const responses: ResponseOp[] = [];
    for (const op of succeeded ? request.success : request.failure) responses.push(apply(op, next, events));
    if (events.length > 0) commit(next, events);
    return { header: header(), succeeded, responses };
  }

  function apply(op: RequestOp, next: Map<string, KeyValue>, events: WatchEvent[]): ResponseOp {
    if ('range' in op) return { range: range(op.range) };
    if ('put' in op) {
      const { key, value, lease } = op.put;
      const before = next.get(key);
      const modRevision = revision + 1;
      const kv: KeyValue = {
        key,
        value,
        createRevision: before?.createRevision ?? modRevision,
        modRevision,
        version: (before?.version ?? 0) + 1,
        ...(lease === undefined ? {} : { lease }),
      };
      next.set(key, kv);
      events.push({ type: 'PUT', kv, ...(before === undefined ? {} : { prevKv: before }), ...causeOf() });
      return { put: { header: header() } };
    }
    if ('deleteRange' in op) {
      const { key, rangeEnd } = op.deleteRange;
      const gone = [...next.values()].filter((kv) => inRange(kv.key, key, rangeEnd));
      for (const before of gone) {
        next.delete(before.key);
        const kv = { key: before.key, value: '', createRevision: 0, modRevision: revision + 1, version: 0 };
        events.push({ type: 'DELETE', kv, prevKv: before, ...causeOf() });
      }
      return { deleteRange: { header: header(), deleted: gone.length, prevKvs: [] } };
    }
    return { txn: txn(op.txn) };
  }

  function causeOf(): { cause?: string } {
    const cause = env.cause();
    return cause === undefined ? {} : { cause };
  }

  function commit(next: Map<string, KeyValue>, events: readonly WatchEvent[]): void {
    revision++;
    current = next;
    history.push({ revision, events, after: next });
    for (const watch of watches) deliver(watch, events);
  }

  function deliver(watch: Watch, events: readonly WatchEvent[]): void {
    const mine = events.filter(({ kv }) => inRange(kv.key, watch.key, watch.rangeEnd));
    if (mine.length === 0) return;
    const response = { header: header(), watchId: watch.id, events: mine };
    env.after(500, () => {
      if (watches.includes(watch)) watch.handlers.response(response);
    });
  }

  function openWatch(handlers: EtcdWatchHandlers): EtcdWatchStream {
    const stream = {};
    streams.set(stream, handlers);
    return {
      send(request) {
        env.after(500, () => {
          if (!streams.has(stream)) return;
          if ('progress' in request) handlers.response({ header: header(), watchId: -1, events: [] });
          else if ('create' in request) {
            const { watchId, key, rangeEnd, startRevision = 0 } = request.create;
            if (startRevision > 0 && startRevision <= compacted) {
              handlers.response({ header: header(), watchId, canceled: true, compactRevision: compacted, events: [] });
              return;
            }
            handlers.response({ header: header(), watchId, created: true, events: [] });
            const watch: Watch = { id: watchId, key, rangeEnd, handlers, stream };
            watches.push(watch);
            if (startRevision > 0)
              for (const entry of history) if (entry.revision >= startRevision) deliver(watch, entry.events);
          }
        });
      },
      cancel: () => close(stream),
    };
  }

  function close(stream: object): void {
    streams.delete(stream);
    for (let i = watches.length - 1; i >= 0; i--) if (watches[i]?.stream === stream) watches.splice(i, 1);
  }

  const fake: FakeEtcd = {
    failure: undefined,
    get revision() {
      return revision;
    },
    leases,
    range: (request) => answer(() => range(request)),
    txn: (request) => answer(() => txn(request)),
    compact: (request) => answer(() => void fake.compactTo(request.revision)),
    leaseGrant: ({ ttl }) =>
      answer(() => {
        leases.push(ttl);
        return { header: header(), id: leases.length.toString(16), ttl };
      }),
    watch: openWatch,
    healthy: () => answer(() => true),
    compactTo: (to) => {
      compacted = to;
    },
    breakStreams() {
      for (const [stream, handlers] of [...streams]) {
        close(stream);
        handlers.closed();
      }
    },
    value: (key) => current.get(key)?.value,
  };
  return fake;
}
