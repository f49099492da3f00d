import type { WatchEvent, WatchResponse } from '../../../api/etcd.ts';
import type { Env } from '../../../sim/env.ts';
import type { EtcdApi, EtcdWatchStream } from './etcd-client.ts';
import { MILLISECOND, SECOND } from '../../../lib/time.ts';
import { rangeEndOf } from './range-end.ts';

/** One watched prefix: told what happened under it, in order, each revision once. */
export interface HubSubscriber {
  readonly prefix: string;
  /** The first revision not yet seen. */
  nextRevision(): number;
  events(events: readonly WatchEvent[]): void;
  /** Nothing more will come with a revision up to this one. */
  progress(revision: number): void;
  /** What would come next is compacted away: list again. */
  compacted(): void;
}

interface Subscription {
  readonly subscriber: HubSubscriber;
  /** etcd has acknowledged the watch on the stream in use. */
  created: boolean;
}

const FIRST_BACKOFF = 100 * MILLISECOND;
const MAX_BACKOFF = 5 * SECOND;
/** etcd's watch id in an answer to a progress request. */
const ALL_WATCHES = -1;

/** All of an apiserver's watches, over one stream to one etcd member; when it breaks, each goes on where it stood. */
export class WatchHub {
  readonly #env: Env;
  readonly #etcd: EtcdApi;
  readonly #subscriptions = new Map<number, Subscription>();
  #stream: EtcdWatchStream | undefined;
  #nextId = 1;
  #backoff = FIRST_BACKOFF;

  constructor(env: Env, etcd: EtcdApi) {
    this.#env = env;
    this.#etcd = etcd;
  }

  subscribe(subscriber: HubSubscriber): void {
    const id = this.#nextId++;
    this.#subscriptions.set(id, { subscriber, created: false });
    if (this.#stream === undefined) this.#open();
    else this.#create(this.#stream, id, subscriber);
  }

  /** Asks how far every watch has come; answered by `progress` once all are in step. */
  requestProgress(): void {
    this.#stream?.send({ progress: {} });
  }

  #open(): void {
    const stream = this.#etcd.watch({
      response: (response) => this.#receive(response),
      closed: () => this.#closed(),
    });
    this.#stream = stream;
    for (const [id, subscription] of this.#subscriptions) {
      subscription.created = false;
      this.#create(stream, id, subscription.subscriber);
    }
  }

  #create(stream: EtcdWatchStream, watchId: number, subscriber: HubSubscriber): void {
    stream.send({
      create: {
        watchId,
        key: subscriber.prefix,
        rangeEnd: rangeEndOf(subscriber.prefix),
        startRevision: subscriber.nextRevision(),
        prevKv: true,
      },
    });
  }

  #closed(): void {
    this.#stream = undefined;
    const delay = this.#backoff;
    this.#backoff = Math.min(MAX_BACKOFF, this.#backoff * 2);
    this.#env.after(delay, () => {
      if (this.#stream === undefined && this.#subscriptions.size > 0) this.#open();
    });
  }

  #receive(response: WatchResponse): void {
    this.#backoff = FIRST_BACKOFF;
    if (response.watchId === ALL_WATCHES) {
      for (const { subscriber, created } of [...this.#subscriptions.values()]) {
        if (created) subscriber.progress(response.header.revision);
      }
      return;
    }
    const subscription = this.#subscriptions.get(response.watchId);
    if (subscription === undefined) return;
    const { subscriber } = subscription;
    if (response.canceled === true) this.#canceled(response);
    else if (response.created === true) subscription.created = true;
    else if (response.events.length > 0) subscriber.events(response.events);
    else subscriber.progress(response.header.revision);
  }

  /** Compacted, or a reason that only a new stream can cure (no leader, member leaving). */
  #canceled(response: WatchResponse): void {
    const subscription = this.#subscriptions.get(response.watchId);
    if (subscription === undefined) return;
    if (response.compactRevision !== undefined && response.compactRevision > 0) {
      this.#subscriptions.delete(response.watchId);
      subscription.subscriber.compacted();
      return;
    }
    const stream = this.#stream;
    if (stream === undefined) return;
    stream.cancel();
    this.#closed();
  }
}
