import type { KubeObject } from '../../api/types.gen.ts';
import { ApiError } from '../../client/client.ts';
import type { EventRecorder, Informer, Key } from '../../client/contract.ts';
import { Pods } from '../../client/resources.ts';
import type { Resource } from '../../client/resources.ts';
import { createThrottle } from '../../client/throttle.ts';
import { RpcFailure } from '../../sim/http.ts';
import type { ControllerContext, Write } from './controller.ts';

/** Something that the cache must show before its key is worked on again. */
interface Expectation {
  readonly informer: Informer<KubeObject>;
  isMet(): boolean;
}

export interface Performer {
  /** Performs in order. Throws the first refusal or failure. */
  perform(key: Key, writes: readonly Write[]): Promise<void>;
  /** Whether the cache shows all that was written for this key. If not, `wake` runs when it does. */
  isCurrent(key: Key, wake: () => void): boolean;
  isHolding(key: Key): boolean;
}

/**
 * Writes for a controller, and keeps it from acting on a cache older than its own writes (upstream's
 * ControllerExpectations count; here the resourceVersion that the write made is waited for).
 */
export function createPerformer(context: ControllerContext, name: string, recorder: EventRecorder): Performer {
  const { env, client, informers, flags } = context;
  const throttle = createThrottle(env, flags.int('kube-api-qps', 20), flags.int('kube-api-burst', 30));
  const expected = new Map<Key, Expectation[]>();
  const wakers = new Map<Key, () => void>();
  const observed = new Set<Informer<KubeObject>>();

  function expect(key: Key, expectation: Expectation): void {
    if (expectation.isMet()) return;
    const list = expected.get(key) ?? [];
    list.push(expectation);
    expected.set(key, list);
    if (observed.has(expectation.informer)) return;
    observed.add(expectation.informer);
    let replaying = true;
    expectation.informer.onChange(() => {
      if (!replaying) wakeReady();
    });
    replaying = false;
  }

  function isHolding(key: Key): boolean {
    const left = (expected.get(key) ?? []).filter((expectation) => !expectation.isMet());
    if (left.length === 0) expected.delete(key);
    else expected.set(key, left);
    return left.length > 0;
  }

  function wakeReady(): void {
    for (const [key, wake] of [...wakers]) {
      if (isHolding(key)) continue;
      wakers.delete(key);
      wake();
    }
  }

  function expectVersion(key: Key, resource: Resource, version: string | undefined): void {
    const informer = informers.for(resource);
    if (version === undefined) return;
    expect(key, { informer, isMet: () => Number(informer.resourceVersion) >= Number(version) });
  }

  function expectDeletion(key: Key, resource: Resource, target: Key, uid: string | undefined): void {
    const informer = informers.for(resource);
    const was = uid ?? informer.get(target)?.metadata.uid;
    expect(key, {
      informer,
      isMet() {
        const now = informer.get(target);
        return now === undefined || now.metadata.uid !== was || now.metadata.deletionTimestamp !== undefined;
      },
    });
  }

  async function perform(key: Key, writes: readonly Write[]): Promise<void> {
    // Every write is due to what woke the key, not to the write before it.
    const cause = env.cause();
    for (const write of writes) {
      await env.because(cause, () => {
        if (write.do === 'all') return performAll(key, write);
        if (write.do !== 'event') return performOne(key, write);
        recorder.event(write.about, write.type, write.reason, write.message);
        return undefined;
      });
    }
  }

  async function performAll(key: Key, batch: Write & { readonly do: 'all' }): Promise<void> {
    const { writes, refused } = batch;
    const cause = env.cause();
    let size = batch.slowStart === true ? 1 : writes.length;
    for (let from = 0; from < writes.length; from += size, size *= 2) {
      size = Math.min(size, writes.length - from);
      const part = writes.slice(from, from + size);
      const results = await Promise.all(part.map((write) => env.because(cause, () => settled(perform(key, [write])))));
      const failed = results.find((error) => error !== undefined);
      if (failed === undefined) continue;
      if (failed instanceof ApiError && refused !== undefined) {
        await env.because(cause, () => perform(key, refused(failed)));
      }
      throw failed;
    }
  }

  async function performOne(key: Key, write: SingleWrite): Promise<void> {
    const cause = env.cause();
    const wait = throttle();
    if (wait > 0) await env.sleep(wait);
    const step = env.because(cause, () => env.step(`${name} on ${env.host} ${describe(write)}`));
    try {
      const stored = await env.because(step, () => send(key, write));
      if (stored !== undefined && write.done !== undefined) {
        const more = write.done(stored);
        await env.because(step, () => perform(key, more));
      }
    } catch (error) {
      if (error instanceof ApiError) {
        if (write.accepts?.(error) === true) return;
        const { refused } = write;
        if (refused !== undefined) await env.because(cause, () => perform(key, refused(error)));
      }
      if (error instanceof RpcFailure && !error.definite) await hold(key, write);
      throw error;
    }
  }

  async function send(key: Key, write: SingleWrite): Promise<KubeObject | undefined> {
    switch (write.do) {
      case 'create': {
        const stored = await client.create(write.resource, write.object);
        expectVersion(key, write.resource, stored.metadata.resourceVersion);
        return stored;
      }
      case 'update': {
        const { resource, object, subresource } = write;
        const stored = await client.update(resource, object, subresource === undefined ? {} : { subresource });
        expectVersion(key, resource, stored.metadata.resourceVersion);
        return stored;
      }
      case 'patch': {
        const { resource, namespace, type, patch, subresource, fieldManager } = write;
        const options = {
          ...(subresource === undefined ? {} : { subresource }),
          ...(fieldManager === undefined ? {} : { fieldManager, force: true }),
        };
        const stored = await client.patch(resource, write.name, namespace, type, patch, options);
        expectVersion(key, resource, stored.metadata.resourceVersion);
        return stored;
      }
      case 'delete': {
        await client.delete(write.resource, write.name, write.namespace, write.options);
        expectDeletion(key, write.resource, targetKey(write), write.options?.uid);
        return GONE;
      }
      case 'evict': {
        const body = {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: write.name, namespace: write.namespace },
          deleteOptions: write.options,
        };
        await client.createSubresource(Pods, write.name, write.namespace, 'eviction', body);
        expectDeletion(key, Pods, targetKey(write), write.options?.uid);
        return GONE;
      }
    }
  }

  /** Nobody knows whether the write took place: the key waits until the cache shows what a quorum read shows. */
  async function hold(key: Key, write: SingleWrite): Promise<void> {
    const resource = write.do === 'evict' ? Pods : write.resource;
    const namespace =
      write.do === 'create' || write.do === 'update' ? write.object.metadata.namespace : write.namespace;
    for (let delay = HOLD_DELAY; ; delay = Math.min(2 * delay, MAX_HOLD_DELAY)) {
      try {
        const list = await client.list(resource, namespace === undefined ? {} : { namespace });
        expectList(key, resource, namespace, list.items);
        return;
      } catch (error) {
        if (!(error instanceof RpcFailure) && !(error instanceof ApiError)) throw error;
        await env.sleep(delay);
      }
    }
  }

  function expectList(key: Key, resource: Resource, namespace: string | undefined, items: readonly KubeObject[]): void {
    const versions = items.map((item) => Number(item.metadata.resourceVersion ?? '0'));
    expectVersion(key, resource, String(versions.reduce((a, b) => Math.max(a, b), 0)));
    const uids = new Set(items.map((item) => item.metadata.uid));
    const cached = informers.for(resource).list(namespace === undefined ? {} : { namespace });
    for (const object of cached) {
      if (!uids.has(object.metadata.uid)) expectDeletion(key, resource, keyIn(object), object.metadata.uid);
    }
  }

  return {
    perform,
    isHolding,
    isCurrent(key, wake) {
      if (!isHolding(key)) return true;
      wakers.set(key, wake);
      return false;
    },
  };
}

const HOLD_DELAY = 100_000;
const MAX_HOLD_DELAY = 10_000_000;

type SingleWrite = Exclude<Write, { readonly do: 'event' | 'all' }>;

const GONE: KubeObject = { apiVersion: '', kind: '', metadata: { name: '' } };

function targetKey(write: { readonly name: string; readonly namespace?: string }): Key {
  return write.namespace === undefined ? write.name : `${write.namespace}/${write.name}`;
}

function keyIn(object: KubeObject): Key {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The error of a promise, if it ends in one: so that all of a batch come to their end. */
async function settled(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error;
  }
}

const VERBS = { create: 'creates', update: 'updates', patch: 'patches', delete: 'deletes' } as const;

function describe(write: SingleWrite): string {
  if (write.do === 'evict') return `evicts Pod ${targetKey(write)}`;
  const { kind } = write.resource;
  if (write.do === 'patch' || write.do === 'delete') return `${VERBS[write.do]} ${kind} ${targetKey(write)}`;
  const { name, generateName = '', namespace } = write.object.metadata;
  const scope = namespace === undefined ? '' : `${namespace}/`;
  return `${VERBS[write.do]} ${kind} ${scope}${name === '' ? `${generateName}…` : name}`;
}
