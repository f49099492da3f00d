import { expect, test } from 'vitest';
import { expired } from '../api/status.ts';
import type { KubeObject, Pod } from '../api/types.gen.ts';
import { SECOND } from '../sim/env.ts';
import { RpcFailure } from '../sim/http.ts';
import type { Client, ListOptions, ObjectList, WatchHandlers } from './client.ts';
import { createInformer } from './create-informer.ts';
import { createFakeClock } from './fake-clock.ts';
import { Pods } from './resources.ts';

const pod = (name: string, resourceVersion: string, labels: Record<string, string> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion, labels },
  spec: { containers: [] },
});

/** Lists are answered from `lists` in turn; watches are recorded and driven by hand. */
function fakeApi(lists: (ObjectList<Pod> | Error)[]) {
  const asked: string[] = [];
  const watches: { readonly from: string | undefined; readonly handlers: WatchHandlers<Pod> }[] = [];
  const unused = (): never => {
    throw new Error('not part of this test');
  };
  const client: Client = {
    list<T extends KubeObject>(_: unknown, options?: ListOptions): Promise<ObjectList<T>> {
      asked.push(options?.resourceVersion ?? '');
      const answer = lists.shift();
      if (answer === undefined || answer instanceof Error) return Promise.reject(answer ?? new Error('no list left'));
      return Promise.resolve(answer as unknown as ObjectList<T>);
    },
    watch(_, options, handlers) {
      watches.push({ from: options.resourceVersion, handlers: handlers as unknown as WatchHandlers<Pod> });
      return () => undefined;
    },
    get: unused,
    create: unused,
    update: unused,
    patch: unused,
    delete: unused,
    createSubresource: unused,
    raw: unused,
    rawStream: unused,
  };
  return { client, asked, watches };
}

test('lists, watches from there, and tells handlers of every change with its cause', async () => {
  const clock = createFakeClock();
  const api = fakeApi([{ metadata: { resourceVersion: '10' }, items: [pod('b', '7'), pod('a', '5')] }]);
  const informer = createInformer(clock.env, api.client, Pods);
  const log: string[] = [];
  informer.onChange((object, old) => {
    const name = (object ?? old)?.metadata.name;
    log.push(`${name} ${old?.metadata.resourceVersion}→${object?.metadata.resourceVersion} ${clock.env.cause()}`);
  });
  informer.start();
  await clock.settle();
  expect(clock.crashed).toEqual([]);
  expect(informer.synced).toBe(true);
  expect(informer.list().map((item) => item.metadata.name)).toEqual(['a', 'b']);
  expect(api.watches[0]?.from).toBe('10');
  const { handlers } = api.watches[0] ?? expect.fail();
  handlers.event('MODIFIED', pod('a', '11'), 'cause-1');
  handlers.event('MODIFIED', pod('a', '11'), 'cause-1');
  handlers.event('BOOKMARK', { ...pod('', '15') });
  handlers.event('DELETED', pod('b', '16'), 'cause-2');
  expect(log).toEqual([
    'b undefined→7 undefined',
    'a undefined→5 undefined',
    'a 5→11 cause-1',
    'b 16→undefined cause-2',
  ]);
  expect(informer.resourceVersion).toBe('16');
  expect(clock.notes.map((note) => note.type === 'belief' && note.resourceVersion)).toEqual(['10', '11', '15', '16']);
});

test('a broken watch resumes from the last version after a back-off; 410 lists anew', async () => {
  const clock = createFakeClock();
  const api = fakeApi([
    new RpcFailure('refused', true, 'x'),
    { metadata: { resourceVersion: '10' }, items: [pod('a', '5'), pod('b', '6')] },
    { metadata: { resourceVersion: '40' }, items: [pod('a', '30')] },
  ]);
  const informer = createInformer(clock.env, api.client, Pods);
  informer.start();
  await clock.settle();
  expect(clock.crashed).toEqual([]);
  expect(informer.synced).toBe(false);
  await clock.advance(2 * SECOND);
  expect(informer.synced).toBe(true);
  api.watches[0]?.handlers.event('ADDED', pod('c', '12'));
  api.watches[0]?.handlers.end(new RpcFailure('reset', false, 'x'));
  await clock.advance(4 * SECOND);
  expect(api.watches.map((watch) => watch.from)).toEqual(['10', '12']);
  api.watches[1]?.handlers.end(expired('too old resource version: 12 (30)'));
  await clock.settle();
  expect(api.asked).toEqual(['0', '0', '12']);
  expect(informer.list().map((item) => item.metadata.name)).toEqual(['a']);
  expect(api.watches.map((watch) => watch.from)).toEqual(['10', '12', '40']);
});

test('indexes follow the cache', async () => {
  const clock = createFakeClock();
  const api = fakeApi([
    { metadata: { resourceVersion: '9' }, items: [pod('b', '1', { app: 'x' }), pod('a', '2', { app: 'x' })] },
  ]);
  const informer = createInformer(clock.env, api.client, Pods);
  informer.addIndex('app', (object) => Object.values(object.metadata.labels ?? {}));
  informer.start();
  await clock.settle();
  expect(clock.crashed).toEqual([]);
  const names = (app: string): string[] => informer.byIndex('app', app).map((item) => item.metadata.name);
  expect(names('x')).toEqual(['a', 'b']);
  api.watches[0]?.handlers.event('MODIFIED', pod('a', '10', { app: 'y' }));
  api.watches[0]?.handlers.event('DELETED', pod('b', '11', { app: 'x' }));
  expect([names('x'), names('y')]).toEqual([[], ['a']]);
  expect(informer.list({ labels: { app: 'y' } })).toHaveLength(1);
});
