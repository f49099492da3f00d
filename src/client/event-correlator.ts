import type { Event } from '../api/types.gen.ts';
import { MINUTE, SECOND } from '../sim/env.ts';
import type { Micros } from '../sim/env.ts';

/** Objects remembered, least recently used out first. */
const CACHE_LIMIT = 4096;
/** More similar events than this within the interval are told as one. */
const MAX_SIMILAR = 10;
const SIMILAR_INTERVAL: Micros = 10 * MINUTE;
const SPAM_BURST = 25;
/** One more event per object and source in this time, once the burst is spent. */
const SPAM_REFILL: Micros = 300 * SECOND;

export interface Correlator {
  /** The event as it should be stored (perhaps as a further count of an earlier one), or undefined when it is spam. */
  correlate(event: Event, now: Micros): Event | undefined;
  stored(event: Event): void;
}

interface Similar {
  readonly messages: Set<string>;
  last: Micros;
}
interface Bucket {
  tokens: number;
  at: Micros;
}

/** Models client-go/tools/record EventCorrelator: spam filter, aggregation of similar messages, counting of equal ones. */
export function createCorrelator(): Correlator {
  const similar = new Map<string, Similar>();
  const seen = new Map<string, Event>();
  const buckets = new Map<string, Bucket>();

  function isSpam(event: Event, now: Micros): boolean {
    const key = spamKey(event);
    const bucket = touch(buckets, key, () => ({ tokens: SPAM_BURST, at: now }));
    const refilled = Math.floor((now - bucket.at) / SPAM_REFILL);
    if (refilled > 0) {
      bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + refilled);
      bucket.at += refilled * SPAM_REFILL;
    }
    if (bucket.tokens === 0) return true;
    bucket.tokens--;
    return false;
  }

  /** The key under which the event is counted: its own, or that of its kind once there are too many. */
  function aggregate(event: Event, now: Micros): { readonly key: string; readonly message: string } {
    const key = aggregateKey(event);
    const message = event.message ?? '';
    const record = touch(similar, key, () => ({ messages: new Set<string>(), last: now }));
    if (now - record.last > SIMILAR_INTERVAL) record.messages.clear();
    record.last = now;
    record.messages.add(message);
    if (record.messages.size < MAX_SIMILAR) return { key: `${key}\n${message}`, message };
    const [oldest] = record.messages;
    if (oldest !== undefined) record.messages.delete(oldest);
    return { key, message: `(combined from similar events): ${message}` };
  }

  return {
    correlate(event, now) {
      const { key, message } = aggregate(event, now);
      const told: Event = { ...event, message };
      const earlier = seen.get(key);
      const counted: Event =
        earlier === undefined
          ? told
          : {
              ...told,
              metadata: { ...told.metadata, name: earlier.metadata.name },
              firstTimestamp: earlier.firstTimestamp ?? told.firstTimestamp ?? '',
              count: (earlier.count ?? 0) + 1,
            };
      remember(seen, key, counted);
      return isSpam(event, now) ? undefined : counted;
    },
    stored(event) {
      for (const key of [`${aggregateKey(event)}\n${event.message ?? ''}`, aggregateKey(event)]) {
        const known = seen.get(key);
        if (known?.metadata.name === event.metadata.name) remember(seen, key, event);
      }
    },
  };
}

function touch<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make();
  remember(map, key, value);
  return value;
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > CACHE_LIMIT && oldest !== undefined) map.delete(oldest);
}

function spamKey(event: Event): string {
  const { kind, namespace, name, uid, apiVersion } = event.involvedObject;
  return [event.source?.component, event.source?.host, kind, namespace, name, uid, apiVersion].join('\n');
}

function aggregateKey(event: Event): string {
  return [
    spamKey(event),
    event.involvedObject.fieldPath,
    event.type,
    event.reason,
    event.reportingComponent,
    event.reportingInstance,
  ].join('\n');
}
