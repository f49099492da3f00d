import { eventName } from './event-name.ts';
import type { Event, KubeObject, ObjectReference } from '../api/types.gen.ts';
import { formatTime } from '../lib/time.ts';
import { SECOND } from '../sim/env.ts';
import type { Env, Micros } from '../sim/env.ts';
import { RpcFailure } from '../sim/http.ts';
import { ApiError } from './client.ts';
import type { Client } from './client.ts';
import type { CreateEventRecorder, ObjectRef } from './contract.ts';
import { createCorrelator } from './event-correlator.ts';
import { Events } from './resources.ts';

/** Events waiting to be sent; more are dropped, as upstream's broadcaster does. */
const QUEUE_LIMIT = 1000;
const MAX_TRIES = 12;
const RETRY_DELAY: Micros = 10 * SECOND;

interface Queued {
  readonly event: Event;
  readonly cause: string | undefined;
}

/** Models client-go/tools/record: events go out one after another, in order; the API's refusal loses an event. */
export const createEventRecorder: CreateEventRecorder = (env, client, source) => {
  const queue: Queued[] = [];
  const send = createSender(env, client);
  let sending = false;
  let lastNanos = 0n;

  /** Names end in the time in nanoseconds; ours has microseconds, so a counter keeps events of one instant apart. */
  function nextNanos(): bigint {
    const now = BigInt(env.now()) * 1000n;
    lastNanos = now > lastNanos ? now : lastNanos + 1n;
    return lastNanos;
  }

  async function drain(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { event, cause } = next;
      await env.because(cause, () => send(event));
    }
    sending = false;
  }

  return {
    event(about, type, reason, message) {
      if (queue.length >= QUEUE_LIMIT) return;
      const involvedObject = referenceTo(about);
      const now = formatTime(env.now());
      const event: Event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: {
          name: eventName(env, involvedObject.name ?? '', nextNanos()),
          namespace: involvedObject.namespace ?? 'default',
        },
        involvedObject,
        reason,
        message,
        source,
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
        type,
        reportingComponent: source.component,
        reportingInstance: source.host ?? '',
      };
      queue.push({ event, cause: env.cause() });
      if (sending) return;
      sending = true;
      env.spawn(drain);
    },
  };
};

function createSender(env: Env, client: Client): (event: Event) => Promise<void> {
  const correlator = createCorrelator();

  async function write(event: Event): Promise<Event> {
    if ((event.count ?? 1) === 1) return client.create(Events, event);
    const { name, namespace } = event.metadata;
    const patch = { count: event.count, lastTimestamp: event.lastTimestamp, message: event.message };
    try {
      return await client.patch(Events, name, namespace, 'application/strategic-merge-patch+json', patch);
    } catch (error) {
      // The stored one has expired: it is made anew.
      if (error instanceof ApiError && error.reason === 'NotFound') return client.create(Events, event);
      throw error;
    }
  }

  return async (event) => {
    const correlated = correlator.correlate(event, env.uptime());
    if (correlated === undefined) return;
    for (let tries = 1; ; tries++) {
      try {
        correlator.stored(await write(correlated));
        return;
      } catch (error) {
        if (error instanceof ApiError) return;
        if (!(error instanceof RpcFailure)) throw error;
        if (tries >= MAX_TRIES) return;
        await env.sleep(tries === 1 ? 1 + env.random.below(RETRY_DELAY) : RETRY_DELAY);
      }
    }
  };
}

export function referenceTo(about: KubeObject | ObjectRef): ObjectReference {
  if (!('metadata' in about)) return { ...about };
  const { name, namespace, uid, resourceVersion } = about.metadata;
  return {
    kind: about.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
    apiVersion: about.apiVersion,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}
