import { eventName } from './event-name.ts';
import type { Event } from '../api/types.gen.ts';
import { formatMicroTime } from '../lib/time.ts';
import { MINUTE, type Env, type Micros } from '../sim/env.ts';
import { RpcFailure } from '../sim/http.ts';
import { ApiError, type Client } from './client.ts';
import type { EventRecorder } from './contract.ts';
import { referenceTo } from './events.ts';
import { Events } from './resources.ts';

/** The same event within this time becomes one of a series. */
const SERIES_WINDOW: Micros = 6 * MINUTE;
const QUEUE_LIMIT = 1000;

interface Series {
  readonly name: string;
  readonly namespace: string;
  count: number;
  lastSeen: Micros;
}

/**
 * Models client-go/tools/events, which kube-scheduler uses: no source and no counters of the old kind, but a reporting controller, the
 * time of the event to the microsecond, and a series when it repeats.
 */
export function createEventRecorderV1(env: Env, client: Client, controller: string): EventRecorder {
  const series = new Map<string, Series>();
  const queue: (() => Promise<unknown>)[] = [];
  let sending = false;
  let lastNanos = 0n;

  function nextNanos(): bigint {
    const now = BigInt(env.now()) * 1000n;
    lastNanos = now > lastNanos ? now : lastNanos + 1n;
    return lastNanos;
  }

  async function drain(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        await next();
      } catch (error) {
        if (!(error instanceof ApiError) && !(error instanceof RpcFailure)) throw error;
      }
    }
    sending = false;
  }

  function send(write: () => Promise<unknown>): void {
    if (queue.length >= QUEUE_LIMIT) return;
    const cause = env.cause();
    queue.push(() => env.because(cause, write));
    if (sending) return;
    sending = true;
    env.spawn(drain);
  }

  return {
    event(about, type, reason, message) {
      const regarding = referenceTo(about);
      const key = [regarding.kind, regarding.namespace, regarding.name, regarding.uid, type, reason, message].join(
        '\n',
      );
      const known = series.get(key);
      const now = env.uptime();
      if (known !== undefined && now - known.lastSeen < SERIES_WINDOW) {
        known.count++;
        known.lastSeen = now;
        const patch = { series: { count: known.count, lastObservedTime: formatMicroTime(env.now()) } };
        return send(() =>
          client.patch(Events, known.name, known.namespace, 'application/strategic-merge-patch+json', patch),
        );
      }
      const name = eventName(env, regarding.name ?? '', nextNanos());
      const namespace = regarding.namespace ?? 'default';
      series.set(key, { name, namespace, count: 1, lastSeen: now });
      if (series.size > QUEUE_LIMIT) series.delete(series.keys().next().value ?? '');
      const event: Event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: regarding,
        reason,
        message,
        source: {},
        type,
        eventTime: formatMicroTime(env.now()),
        action: reason === 'Scheduled' ? 'Binding' : reason === 'Preempted' ? 'Preempting' : 'Scheduling',
        reportingComponent: controller,
        reportingInstance: `${controller}-${env.host}`,
      };
      send(() => client.create(Events, event));
    },
  };
}
