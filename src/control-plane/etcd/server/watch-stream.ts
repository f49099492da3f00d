// One client's stream of watches. Models server/etcdserver/api/v3rpc/watch.go
import type { WatchCreateRequest, WatchEvent, WatchRequest, WatchResponse } from '../../../api/etcd.ts';
import type { Exchange, HttpStream } from '../../../sim/http.ts';
import { MILLISECOND } from '../../../sim/env.ts';
import type { Micros } from '../../../sim/env.ts';
import type { WatchDelivery, Watcher } from '../mvcc/watch.ts';
import type { EtcdServer } from './etcd-server.ts';

/** Stands for all watches of a stream, in the answer to a request for progress. */
const ALL_WATCHES = -1;

interface Watch {
  readonly id: number;
  watcher: Watcher | undefined;
  /** Wants to hear how far it is when nothing happens. */
  readonly progressNotify: boolean;
  /** Nothing was sent since the last look. */
  quiet: boolean;
}

export class WatchStreams {
  private readonly server: EtcdServer;
  private readonly streams = new Set<WatchStream>();

  constructor(server: EtcdServer) {
    this.server = server;
    server.addTickListener(() => this.endWithoutLeader());
  }

  open(exchange: Exchange): void {
    const stream = new WatchStream(this.server, exchange, () => this.streams.delete(stream));
    this.streams.add(stream);
    stream.start();
  }

  /** Clients that require a leader are sent away after three election timeouts without one. */
  private endWithoutLeader(): void {
    if (this.server.leaderlessFor < 3 * this.server.options.election) return;
    for (const stream of this.streams) if (stream.requiresLeader) stream.end();
  }
}

class WatchStream {
  readonly requiresLeader: boolean;
  private readonly server: EtcdServer;
  private readonly exchange: Exchange;
  private readonly out: HttpStream;
  private readonly ended: () => void;
  private readonly watches = new Map<number, Watch>();
  private open = true;
  private progressWanted = false;

  constructor(server: EtcdServer, exchange: Exchange, ended: () => void) {
    this.server = server;
    this.exchange = exchange;
    this.ended = ended;
    this.requiresLeader = exchange.request.headers['hasleader'] === 'true';
    this.out = exchange.start(200, { 'content-type': 'application/json' });
  }

  start(): void {
    this.exchange.on({
      data: (text) => this.receive(decodeWatchRequest(text)),
      end: () => this.close(),
      closed: () => this.close(),
    });
    this.scheduleProgress();
  }

  end(): void {
    this.close();
    this.out.end();
  }

  private close(): void {
    if (!this.open) return;
    this.open = false;
    for (const { watcher } of this.watches.values()) if (watcher !== undefined) this.hub.cancel(watcher);
    this.watches.clear();
    this.ended();
  }

  private get hub(): EtcdServer['keyspace']['hub'] {
    return this.server.keyspace.hub;
  }

  private receive(request: WatchRequest | undefined): void {
    if (request === undefined) this.end();
    else if ('create' in request) this.create(request.create);
    else if ('cancel' in request) this.cancel(request.cancel.watchId);
    else {
      this.progressWanted = true;
      this.answerProgress();
    }
  }

  private create(request: WatchCreateRequest): void {
    const { watchId, progressNotify = false } = request;
    if (this.watches.has(watchId)) {
      const cancelReason = 'mvcc: duplicate watch ID provided on the WatchStream';
      this.send({ watchId, created: true, canceled: true, cancelReason, events: [] });
      return;
    }
    this.send({ watchId, created: true, events: [] });
    const watch: Watch = { id: watchId, watcher: undefined, progressNotify, quiet: true };
    this.watches.set(watchId, watch);
    // No key means every key.
    const key = request.key === '' ? '\0' : request.key;
    watch.watcher = this.hub.watch({ ...request, key }, (delivery) => this.deliver(watch, delivery));
  }

  private deliver(watch: Watch, delivery: WatchDelivery): void {
    if (delivery.kind === 'compacted') {
      this.watches.delete(watch.id);
      const { compactRevision, revision } = delivery;
      this.send({ watchId: watch.id, canceled: true, compactRevision, events: [] }, revision);
    } else {
      watch.quiet = false;
      this.sendEvents(watch.id, delivery.events, delivery.revision);
    }
    if (this.progressWanted) this.answerProgress();
  }

  private sendEvents(watchId: number, events: readonly WatchEvent[], revision: number): void {
    const { env } = this.server;
    env.because(events.at(-1)?.cause ?? env.cause(), () => this.send({ watchId, events }, revision));
  }

  private cancel(watchId: number): void {
    const watch = this.watches.get(watchId);
    if (watch === undefined) return;
    this.watches.delete(watchId);
    if (watch.watcher !== undefined) this.hub.cancel(watch.watcher);
    this.send({ watchId, canceled: true, events: [] });
  }

  /** Only once all of them have seen everything: then one answer is true for all. */
  private answerProgress(): void {
    for (const { watcher } of this.watches.values()) if (watcher !== undefined && !this.hub.isSynced(watcher)) return;
    this.progressWanted = false;
    this.send({ watchId: ALL_WATCHES, events: [] });
  }

  private scheduleProgress(): void {
    const { env, options } = this.server;
    // Spread, so that not all streams do it at once.
    const spread: Micros =
      env.random.below(Math.max(1, Math.floor(options.watchProgressInterval / 10 / MILLISECOND))) * MILLISECOND;
    env.after(options.watchProgressInterval + spread, () => {
      if (!this.open) return;
      env.because(undefined, () => this.notifyProgress());
      this.scheduleProgress();
    });
  }

  private notifyProgress(): void {
    for (const watch of this.watches.values()) {
      if (!watch.progressNotify) continue;
      const synced = watch.watcher !== undefined && this.hub.isSynced(watch.watcher);
      if (watch.quiet && synced) this.send({ watchId: watch.id, events: [] });
      watch.quiet = true;
    }
  }

  private send(response: Omit<WatchResponse, 'header'>, revision = this.server.keyspace.store.revision): void {
    this.out.send(JSON.stringify({ header: this.server.headerAt(revision), ...response }));
  }
}

/** undefined: not one. */
function decodeWatchRequest(text: string): WatchRequest | undefined {
  try {
    const request = JSON.parse(text) as WatchRequest;
    if ('create' in request) return typeof request.create.key === 'string' ? request : undefined;
    return 'cancel' in request || 'progress' in request ? request : undefined;
  } catch {
    return undefined;
  }
}
