import { describe, expect, test } from 'vitest';
import { EtcdPaths } from '../../../api/etcd.ts';
import type { MemberListResponse, StatusResponse, WatchResponse } from '../../../api/etcd.ts';
import type { Program } from '../../../sim/env.ts';
import { MILLISECOND, SECOND } from '../../../sim/env.ts';
import { TestCluster } from './test-cluster.ts';

const message = (text: string): string => (JSON.parse(text) as { message: string }).message;
const watchResponses = (answers: readonly { body: string }[]): WatchResponse[] =>
  answers.map(({ body }) => JSON.parse(body) as WatchResponse);

describe('three members', () => {
  test('elect a leader, take a write anywhere, and read it everywhere', async () => {
    const cluster = new TestCluster();
    await cluster.elect();
    const [follower = '', other = ''] = cluster.followers();
    expect(await cluster.put(follower, '/a', '1')).toMatchObject({ status: 200 });
    for (const name of cluster.names) expect(await cluster.get(name, '/a')).toBe('1');
    const list = JSON.parse((await cluster.call(other, EtcdPaths.memberList)).body) as MemberListResponse;
    // In the order of their ids.
    expect(list.members.map(({ name, clientUrls }) => [name, clientUrls[0]])).toEqual([
      ['cp-3', 'https://10.0.0.13:2379'],
      ['cp-1', 'https://10.0.0.11:2379'],
      ['cp-2', 'https://10.0.0.12:2379'],
    ]);
    expect(await cluster.call(other, EtcdPaths.health, {}, 'GET')).toEqual({
      status: 200,
      body: '{"health":"true","reason":""}',
    });
    const changes = cluster.sim.notes('etcd.apply').filter(({ changes: [change] }) => change?.key === '/a');
    expect(changes.map(({ member }) => member).sort()).toEqual(['cp-1', 'cp-2', 'cp-3']);
  });

  test('go on when the leader loses power, and it catches up when it is back', async () => {
    const cluster = new TestCluster();
    const first = await cluster.elect();
    await cluster.put(first, 'k', 'before');
    const lostAt = cluster.sim.now;
    cluster.sim.fault(`power-off ${first}`);
    await cluster.sim.runUntilTrue(() => (cluster.leader() ?? first) !== first, 10 * SECOND);
    // Two election timeouts, each at most twice the base, barring split votes.
    expect(cluster.sim.now - lostAt).toBeLessThan(4 * SECOND);
    const second = cluster.leader() ?? '';
    expect(await cluster.put(second, 'k', 'after')).toMatchObject({ status: 200 });
    cluster.sim.fault('heal all');
    await cluster.sim.runFor(5 * SECOND);
    expect(await cluster.get(first, 'k', true)).toBe('after');
    const hashes = await Promise.all([cluster.call(first, EtcdPaths.hashKv)]);
    const reference = await cluster.call(second, EtcdPaths.hashKv);
    const hashOf = (text: string): unknown => (JSON.parse(text) as { hash: number }).hash;
    expect(hashes.map(({ body }) => hashOf(body))).toEqual([hashOf(reference.body)]);
  });

  test('a minority refuses writes and linearizable reads in upstream words, and still serves serializable ones', async () => {
    const cluster = new TestCluster();
    const leader = await cluster.elect();
    await cluster.put(leader, 'k', 'v');
    const [a = '', b = ''] = cluster.followers();
    cluster.sim.fault(`partition ${leader} client | ${a} ${b}`);
    await cluster.sim.runFor(5 * SECOND);
    const put = await cluster.put(leader, 'k', 'w');
    expect(put.status).toBe(503);
    expect(message(put.body)).toMatch(/^etcdserver: request timed out/);
    expect(await cluster.get(leader, 'k')).toMatch(/etcdserver: (request timed out|leader changed)/);
    expect(await cluster.get(leader, 'k', true)).toBe('v');
    const health = await cluster.call(leader, EtcdPaths.health, {}, 'GET');
    expect(health).toEqual({ status: 503, body: '{"health":"false","reason":"RAFT NO LEADER"}' });
    cluster.sim.fault('heal all');
    await cluster.sim.runFor(10 * SECOND);
    expect(await cluster.put(leader, 'k', 'x')).toMatchObject({ status: 200 });
  });

  test('move-leader and what it refuses', async () => {
    const cluster = new TestCluster();
    const leader = await cluster.elect();
    await cluster.sim.runFor(SECOND);
    const [target = ''] = cluster.followers();
    const status = (await cluster.json(target, EtcdPaths.status)) as unknown as StatusResponse;
    const refused = await cluster.call(target, EtcdPaths.moveLeader, { targetId: status.header.memberId });
    expect(message(refused.body)).toBe('etcdserver: not leader');
    expect(message((await cluster.call(leader, EtcdPaths.moveLeader, { targetId: '1' })).body)).toBe(
      'etcdserver: bad leader transferee',
    );
    expect(await cluster.call(leader, EtcdPaths.moveLeader, { targetId: status.header.memberId })).toMatchObject({
      status: 200,
    });
    expect(cluster.leader()).toBe(target);
  });

  test('a member that was away for long gets a snapshot', async () => {
    const cluster = new TestCluster({ args: { 'snapshot-count': 20, 'snapshot-catchup-entries': 5 } });
    const leader = await cluster.elect();
    const [away = '', other = ''] = cluster.followers();
    cluster.sim.fault(`power-off ${away}`);
    for (let count = 0; count < 60; count++) await cluster.put(leader, `k${count % 7}`, String(count));
    cluster.sim.fault('heal all');
    await cluster.sim.runFor(5 * SECOND);
    const restored = cluster.sim.notes('raft.snapshot').filter(({ direction }) => direction === 'restored');
    expect(restored.map(({ member }) => member)).toEqual([away]);
    expect(await cluster.get(away, 'k3', true)).toBe('59');
    // And comes back from its own disk.
    for (const name of [away, other]) cluster.sim.fault(`kill ${name}/etcd`);
    await cluster.sim.runFor(5 * SECOND);
    for (const name of cluster.names) expect(await cluster.get(name, 'k3', true)).toBe('59');
    expect(cluster.sim.file(away, '/var/lib/etcd/member/wal/0000000000000000.wal')).toBeUndefined();
  });

  test('watch: from a revision, with what was there before, and cancelled when compacted', async () => {
    const cluster = new TestCluster();
    const leader = await cluster.elect();
    await cluster.put(leader, '/r/a', '1');
    await cluster.put(leader, '/r/a', '2');
    const [follower = ''] = cluster.followers();
    const seen = cluster.watch(
      follower,
      { create: { watchId: 7, key: '/r/', rangeEnd: '/r0', startRevision: 2, prevKv: true } },
      { progress: {} },
    );
    await cluster.sim.runFor(SECOND);
    await cluster.call(leader, EtcdPaths.deleteRange, { key: '/r/a' });
    await cluster.sim.runFor(SECOND);
    const responses = watchResponses(seen());
    expect(responses[0]).toMatchObject({ watchId: 7, created: true });
    const events = responses.flatMap((response) => response.events);
    expect(events.map(({ type, kv, prevKv }) => [type, kv.modRevision, prevKv?.value])).toEqual([
      ['PUT', 2, undefined],
      ['PUT', 3, '1'],
      ['DELETE', 4, '2'],
    ]);
    expect(responses.filter(({ watchId }) => watchId === -1)).toMatchObject([{ header: { revision: 3 } }]);
    await cluster.call(leader, EtcdPaths.compact, { revision: 4 });
    await cluster.sim.runFor(SECOND);
    const late = cluster.watch(follower, { create: { watchId: 8, key: '/r/', rangeEnd: '/r0', startRevision: 2 } });
    await cluster.sim.runFor(SECOND);
    expect(watchResponses(late())[1]).toMatchObject({ watchId: 8, canceled: true, compactRevision: 4 });
    expect(message((await cluster.call(follower, EtcdPaths.range, { key: '/r/a', revision: 3 })).body)).toBe(
      'etcdserver: mvcc: required revision has been compacted',
    );
  });

  test('progress is told to those who asked for it', async () => {
    const cluster = new TestCluster({ args: { 'watch-progress-notify-interval': '5s' } });
    const leader = await cluster.elect();
    const seen = cluster.watch(leader, { create: { watchId: 1, key: 'a', progressNotify: true } });
    await cluster.sim.runFor(12 * SECOND);
    expect(watchResponses(seen()).filter(({ created }) => created !== true).length).toBe(2);
  });

  test('a member without a leader sends away the watchers that need one, and keeps the others', async () => {
    const cluster = new TestCluster();
    await cluster.elect();
    const [cut = ''] = cluster.followers();
    const create = { create: { watchId: 1, key: 'a' } };
    const strict = cluster.watchWith(cut, { hasleader: 'true' }, create);
    const patient = cluster.watch(cut, create);
    await cluster.sim.runFor(SECOND);
    cluster.sim.fault(`partition ${cut} client | ${cluster.names.filter((name) => name !== cut).join(' ')}`);
    await cluster.sim.runFor(10 * SECOND);
    expect(strict().at(-1)).toEqual({ status: 0, body: 'end' });
    expect(patient()).toHaveLength(1);
  });

  test('leases end on their own, are kept alive through any member, and start anew with a new leader', async () => {
    const cluster = new TestCluster();
    const leader = await cluster.elect();
    const [follower = ''] = cluster.followers();
    const { id } = await cluster.json(follower, EtcdPaths.leaseGrant, { ttl: 10 });
    await cluster.call(follower, EtcdPaths.put, { key: 'k', value: 'v', lease: id });
    await cluster.sim.runFor(8 * SECOND);
    expect(await cluster.json(follower, EtcdPaths.leaseKeepAlive, { id })).toMatchObject({ id, ttl: 10 });
    await cluster.sim.runFor(5 * SECOND);
    expect(await cluster.json(follower, EtcdPaths.leaseTimeToLive, { id, keys: true })).toMatchObject({
      ttl: 4,
      grantedTtl: 10,
      keys: ['k'],
    });
    cluster.sim.fault(`power-off ${leader}`);
    await cluster.sim.runFor(7 * SECOND);
    expect(await cluster.get(follower, 'k')).toBe('v');
    await cluster.sim.runFor(8 * SECOND);
    expect(await cluster.get(follower, 'k')).toBeUndefined();
    expect(message((await cluster.call(follower, EtcdPaths.leaseRevoke, { id })).body)).toBe(
      'etcdserver: requested lease not found',
    );
  });

  test('requests that cannot be right are refused in upstream words', async () => {
    const cluster = new TestCluster({ members: 1 });
    await cluster.elect();
    const refused: [string, object, string][] = [
      [EtcdPaths.put, { key: '', value: 'x' }, 'etcdserver: key is not provided'],
      [EtcdPaths.put, { key: 'k', value: 'x'.repeat(2_000_000) }, 'etcdserver: request is too large'],
      [EtcdPaths.put, { key: 'k', value: 'x', lease: 'abc' }, 'etcdserver: requested lease not found'],
      [EtcdPaths.range, { key: 'k', revision: 99 }, 'etcdserver: mvcc: required revision is a future revision'],
      [EtcdPaths.compact, { revision: 99 }, 'etcdserver: mvcc: required revision is a future revision'],
      ['/etcdserverpb.KV/Nothing', {}, 'unknown method /etcdserverpb.KV/Nothing'],
    ];
    for (const [path, body, text] of refused) expect(message((await cluster.call('cp-1', path, body)).body)).toBe(text);
  });
});

describe('power', () => {
  /** Asks for a write, and cuts the power of the only member so much later. */
  async function putThenCut(after: number): Promise<{ acknowledged: boolean; kept: string | undefined }> {
    const cluster = new TestCluster({ members: 1, fsyncLatency: 10 * MILLISECOND });
    await cluster.elect();
    await cluster.sim.runFor(SECOND);
    await cluster.put('cp-1', 'k', 'first');
    await cluster.sim.runFor(SECOND);
    const second = cluster.ask('cp-1', EtcdPaths.put, { key: 'k', value: 'second' });
    await cluster.sim.runFor(after);
    cluster.sim.fault('power-off cp-1');
    await cluster.sim.runFor(SECOND);
    cluster.sim.fault('heal all');
    await cluster.sim.runFor(5 * SECOND);
    return { acknowledged: second()?.status === 200, kept: await cluster.get('cp-1', 'k') };
  }

  test('lost between write and fsync loses exactly that write', async () => {
    expect(await putThenCut(8 * MILLISECOND)).toEqual({ acknowledged: false, kept: 'first' });
  });

  test('lost after the fsync loses nothing', async () => {
    expect(await putThenCut(40 * MILLISECOND)).toEqual({ acknowledged: true, kept: 'second' });
  });
});

describe('a vote', () => {
  /** How long before the first vote was given, and how long until the voter's disk had it. */
  async function firstVote(voteWithoutPersisting: boolean): Promise<{ sent: number; durable: number }> {
    const cluster = new TestCluster({ fsyncLatency: 20 * MILLISECOND, args: { bugs: { voteWithoutPersisting } } });
    await cluster.elect();
    await cluster.sim.runFor(SECOND);
    const { trace } = cluster.sim;
    const vote = trace.find((event) => event.kind === 'packet' && event.label?.text.startsWith('MsgVoteResp') === true);
    const voter = vote?.kind === 'packet' ? vote.from : '';
    const asked = trace.find(
      (event) => event.kind === 'packet' && event.to === voter && /^MsgVote\b/.test(event.label?.text ?? ''),
    );
    const from = asked?.kind === 'packet' ? (asked.arrives ?? Infinity) : Infinity;
    const fsync = trace.find((event) => event.at >= from && event.kind === 'fsync' && event.process === voter);
    return { sent: vote?.at ?? -1, durable: fsync?.at ?? -1 };
  }

  test('is given once it is on disk', async () => {
    const { sent, durable } = await firstVote(false);
    expect(sent).toBeGreaterThanOrEqual(durable);
    expect(durable).toBeGreaterThan(0);
  });

  test('can be given too early, for tests that have to notice', async () => {
    const { sent, durable } = await firstVote(true);
    expect(sent).toBeLessThan(durable);
  });
});

describe('the same seed', () => {
  test('gives the same run', async () => {
    const run = async (seed: number): Promise<string> => {
      const cluster = new TestCluster({ seed });
      await cluster.elect();
      for (let count = 0; count < 20; count++) await cluster.put(cluster.names[count % 3] ?? '', `k${count}`, 'v');
      return cluster.sim.hash();
    };
    expect(await run(5)).toBe(await run(5));
    expect(await run(5)).not.toBe(await run(6));
  });
});

describe('the door for peers', () => {
  /** Says hello to cp-1 in several ways, and prints what it is told. */
  const stranger: Program = (env) => {
    env.onInput((text) => {
      const connection = env.connect('10.0.0.11:2380', {
        open: () => connection.send(text),
        message: (answer) => env.print(`${answer}\n`),
      });
    });
  };

  test('is shut for ids that are not of the cluster, for other clusters, and for whoever means another member', async () => {
    const cluster = new TestCluster({ workers: [stranger] });
    await cluster.elect();
    await cluster.sim.runFor(SECOND);
    const [mine, other] = ['cp-1', 'cp-2'].map((name) =>
      cluster.sim.notes('etcd.start').find(({ member }) => member === name),
    );
    const hello = { wants: 'raft', clusterId: mine?.cluster, from: other?.id, to: mine?.id, peerUrls: [] };
    const say = async (changes: object): Promise<string | undefined> => {
      const before = cluster.sim.output('workers/worker-0').length;
      cluster.sim.input('workers/worker-0', JSON.stringify({ ...hello, ...changes }));
      await cluster.sim.runFor(SECOND);
      return cluster.sim.output('workers/worker-0').slice(before).trim();
    };
    expect(await say({})).toBe('{}');
    expect(await say({ from: 'abc' })).toBe('{"refused":"error sender not found"}');
    expect(await say({ clusterId: 'abc' })).toBe('{"refused":"cluster ID mismatch"}');
    expect(await say({ to: 'abc' })).toBe('{"refused":"to field mismatch"}');
    const log = cluster.sim.output('cp-1/etcd', 'stderr');
    expect(log).toContain('"msg":"failed to find remote peer in cluster"');
    expect(log).toContain('"msg":"request cluster ID mismatch"');
    expect(log).toContain('"msg":"ignored streaming request; ID mismatch"');
    // One that says where it can be reached is looked for, and let in the next time: it may have joined unseen.
    expect(await say({ from: 'def', peerUrls: ['https://10.0.0.3:2380'] })).toBe(
      '{"refused":"error sender not found"}',
    );
    expect(await say({ from: 'def', peerUrls: ['https://10.0.0.3:2380'] })).toBe('{}');
  });
});
