import { expect, test } from 'vitest';
import { alreadyExists, conflict, notFound } from '../api/status.ts';
import type { KubeObject, Lease } from '../api/types.gen.ts';
import { SECOND } from '../sim/env.ts';
import { RpcFailure } from '../sim/http.ts';
import type { Client } from './client.ts';
import { createFakeClock } from './fake-clock.ts';
import type { FakeClock } from './fake-clock.ts';
import { runLeaderElection } from './leader-election.ts';

/** One Lease, with the API's rules: created once, updated only from its latest version. */
function fakeApi() {
  const state: { lease: Lease | undefined; cut: boolean } = { lease: undefined, cut: false };
  let version = 0;
  const world = (): void => {
    if (state.cut) throw new RpcFailure('timeout', false, 'api');
  };
  const store = (lease: Lease): Lease => {
    version++;
    state.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(version) } };
    return state.lease;
  };
  const name = { group: 'coordination.k8s.io', plural: 'leases' };
  const unused = (): never => {
    throw new Error('not part of this test');
  };
  const client: Client = {
    async get<T extends KubeObject>(): Promise<T> {
      world();
      if (state.lease === undefined) throw notFound(name, 'x');
      return state.lease as unknown as T;
    },
    async create<T extends KubeObject>(_: unknown, object: T): Promise<T> {
      world();
      if (state.lease !== undefined) throw alreadyExists(name, 'x');
      return store(object as unknown as Lease) as unknown as T;
    },
    async update<T extends KubeObject>(_: unknown, object: T): Promise<T> {
      world();
      if (object.metadata.resourceVersion !== state.lease?.metadata.resourceVersion) throw conflict(name, 'x');
      return store(object as unknown as Lease) as unknown as T;
    },
    list: unused,
    watch: unused,
    patch: unused,
    delete: unused,
    createSubresource: unused,
    raw: unused,
    rawStream: unused,
  };
  return { client, state };
}

function candidate(clock: FakeClock, client: Client, identity: string, log: string[]): void {
  runLeaderElection(clock.env, client, {
    lease: 'x',
    namespace: 'kube-system',
    identity,
    onStartedLeading: () => log.push(`${identity} leads`),
    onStoppedLeading: () => log.push(`${identity} stops`),
  });
}

test('the first to come leads and renews; the second waits until 15 s after it saw the last renewal', async () => {
  const api = fakeApi();
  const clock = createFakeClock();
  const log: string[] = [];
  candidate(clock, api.client, 'a', log);
  await clock.advance(SECOND);
  candidate(clock, api.client, 'b', log);
  await clock.advance(60 * SECOND);
  expect(log).toEqual(['a leads']);
  expect(api.state.lease?.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
  api.state.cut = true;
  await clock.advance(9 * SECOND);
  expect(log).toEqual(['a leads']);
  await clock.advance(6 * SECOND);
  expect(log).toEqual(['a leads', 'a stops']);
  api.state.cut = false;
  await clock.advance(20 * SECOND);
  expect(log).toEqual(['a leads', 'a stops', 'b leads']);
  expect(api.state.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
});

test('a clock that is wrong by hours changes nothing: only what was observed counts', async () => {
  const api = fakeApi();
  const early = createFakeClock('early', 1_000_000_000_000);
  const late = createFakeClock('late', 9_000_000_000_000_000);
  const log: string[] = [];
  candidate(early, api.client, 'a', log);
  await early.advance(SECOND);
  candidate(late, api.client, 'b', log);
  for (let second = 0; second < 40; second++) {
    await early.advance(SECOND);
    await late.advance(SECOND);
  }
  expect(log).toEqual(['a leads']);
});
