import { expect, test } from 'vitest';
import { notFound } from '../api/status.ts';
import type { Event, KubeObject } from '../api/types.gen.ts';
import { MINUTE, SECOND } from '../sim/env.ts';
import { RpcFailure } from '../sim/http.ts';
import type { Client } from './client.ts';
import { createEventRecorder } from './events.ts';
import { createFakeClock } from './fake-clock.ts';

function fakeApi() {
  const log: string[] = [];
  const state = { cut: false, expired: false };
  const stored = new Map<string, Event>();
  const unused = (): never => {
    throw new Error('not part of this test');
  };
  const client: Client = {
    async create<T extends KubeObject>(_: unknown, object: T): Promise<T> {
      if (state.cut) throw new RpcFailure('refused', true, 'api');
      const event = object as unknown as Event;
      stored.set(event.metadata.name, event);
      log.push(`${event.involvedObject.name ?? ''} ${event.message ?? ''} ×${event.count ?? 0}`);
      return object;
    },
    async patch<T extends KubeObject>(_: unknown, name: string, __: unknown, ___: unknown, patch: unknown): Promise<T> {
      if (state.expired) throw notFound({ group: '', plural: 'events' }, name);
      log.push(`patch ${JSON.stringify((patch as { count: number }).count)}`);
      return { ...stored.get(name), ...(patch as object) } as unknown as T;
    },
    get: unused,
    list: unused,
    watch: unused,
    update: unused,
    delete: unused,
    createSubresource: unused,
    raw: unused,
    rawStream: unused,
  };
  return { client, log, state };
}

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-0', namespace: 'default', uid: 'u' } };

test('the same again is a higher count; gone from the API, it is made anew', async () => {
  const clock = createFakeClock();
  const api = fakeApi();
  const recorder = createEventRecorder(clock.env, api.client, { component: 'kubelet', host: 'worker-1' });
  for (let i = 0; i < 3; i++) recorder.event(pod, 'Warning', 'BackOff', 'Back-off');
  await clock.advance(SECOND);
  api.state.expired = true;
  recorder.event(pod, 'Warning', 'BackOff', 'Back-off');
  await clock.advance(SECOND);
  expect(api.log).toEqual(['web-0 Back-off ×1', 'patch 2', 'patch 3', 'web-0 Back-off ×4']);
});

test('from the tenth on, similar events are told as one', async () => {
  const clock = createFakeClock();
  const api = fakeApi();
  const recorder = createEventRecorder(clock.env, api.client, { component: 'x' });
  for (let i = 0; i < 11; i++) recorder.event(pod, 'Normal', 'Scaled', `to ${i}`);
  await clock.advance(SECOND);
  expect(api.log.slice(8)).toEqual(['web-0 to 8 ×1', 'web-0 (combined from similar events): to 9 ×1', 'patch 2']);
});

test('25 at once about one object, then one in five minutes', async () => {
  const clock = createFakeClock();
  const api = fakeApi();
  const recorder = createEventRecorder(clock.env, api.client, { component: 'x' });
  const burst = (): void => {
    for (let i = 0; i < 40; i++) recorder.event(pod, 'Normal', `Reason${i}`, 'text');
  };
  burst();
  await clock.advance(SECOND);
  expect(api.log).toHaveLength(25);
  await clock.advance(5 * MINUTE);
  burst();
  await clock.advance(SECOND);
  expect(api.log).toHaveLength(26);
});

test('without an API events wait, in order, and are tried every ten seconds', async () => {
  const clock = createFakeClock();
  const api = fakeApi();
  api.state.cut = true;
  const recorder = createEventRecorder(clock.env, api.client, { component: 'x' });
  recorder.event(pod, 'Normal', 'A', 'first');
  recorder.event(pod, 'Normal', 'B', 'second');
  await clock.advance(30 * SECOND);
  api.state.cut = false;
  await clock.advance(11 * SECOND);
  expect(api.log).toEqual(['web-0 first ×1', 'web-0 second ×1']);
});
