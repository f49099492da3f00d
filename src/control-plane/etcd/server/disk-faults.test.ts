import { describe, expect, test } from 'vitest';
import { SECOND } from '../../../sim/env.ts';
import { TestCluster } from './test-cluster.ts';

const WAL = '/var/lib/etcd/member/wal/0000000000000000.wal';

async function started(): Promise<{ cluster: TestCluster; leader: string; follower: string }> {
  const cluster = new TestCluster();
  const leader = await cluster.elect();
  await cluster.put(leader, 'k', 'before');
  return { cluster, leader, follower: cluster.followers()[0] ?? '' };
}

describe('a full disk', () => {
  test.each(['leader', 'follower'] as const)(
    'ends the %s again and again; the others go on, and once there is room it has everything',
    async (which) => {
      const { cluster, leader, follower } = await started();
      const full = which === 'leader' ? leader : follower;
      cluster.sim.fault(`full-disk ${full}`);
      await cluster.put(leader, 'k', 'meanwhile');
      await cluster.sim.runFor(10 * SECOND);
      const log = cluster.sim.output(`${full}/etcd`, 'stderr');
      expect(log).toContain(`"level":"fatal","ts":"2026-01-01T00:00:0`);
      expect(log).toContain(
        `"msg":"failed to save Raft hard state and entries","error":"write ${WAL}: no space left on device"`,
      );
      expect(log.match(/no space left on device/g)?.length).toBeGreaterThan(1);
      const other = cluster.names.find((name) => name !== full) ?? '';
      expect(await cluster.put(other, 'k', 'without it')).toMatchObject({ status: 200 });
      cluster.sim.fault('heal full-disk');
      await cluster.sim.runFor(10 * SECOND);
      expect(await cluster.get(full, 'k', true)).toBe('without it');
    },
  );

  test('of all members takes no acknowledged write along', async () => {
    const { cluster, leader } = await started();
    for (const name of cluster.names) cluster.sim.fault(`full-disk ${name}`);
    expect((await cluster.put(leader, 'k', 'nowhere')).status).not.toBe(200);
    await cluster.sim.runFor(20 * SECOND);
    cluster.sim.fault('heal all');
    await cluster.sim.runFor(20 * SECOND);
    for (const name of cluster.names) expect(await cluster.get(name, 'k', true)).toBe('before');
  });
});

describe('a damaged log', () => {
  test('a record that the power-off cut short is cut off: nobody was told that it is there', async () => {
    const { cluster, leader, follower } = await started();
    cluster.sim.fault(`torn-write ${follower}`);
    expect(await cluster.put(leader, 'k', 'torn')).toMatchObject({ status: 200 });
    await cluster.sim.runFor(SECOND);
    const left = cluster.sim.world.hosts.get(follower)?.disk.durable.get(WAL) ?? '';
    expect(cluster.sim.alive(`${follower}/etcd`)).toBe(false);
    expect(left.endsWith('\n')).toBe(false);
    cluster.sim.fault(`power-on ${follower}`);
    await cluster.sim.runFor(5 * SECOND);
    const log = cluster.sim.output(`${follower}/etcd`, 'stderr');
    expect(log).toContain(`"msg":"repairing","path":"${WAL}"`);
    expect(log).toContain(`"msg":"repaired","path":"${WAL}","error":"unexpected EOF"`);
    expect(cluster.sim.file(follower, `${WAL}.broken`)).toBe(left);
    expect(await cluster.get(follower, 'k', true)).toBe('torn');
    cluster.sim.fault(`kill ${follower}/etcd`);
    await cluster.sim.runFor(5 * SECOND);
    expect(cluster.sim.output(`${follower}/etcd`, 'stderr').match(/repairing/g)).toHaveLength(1);
    // A bit that flips from then on is one of the log, not of what was put aside (random run 455).
    cluster.sim.fault(`corrupt ${follower}/etcd wal`);
    expect(cluster.sim.file(follower, `${WAL}.broken`)).toBe(left);
    cluster.sim.fault(`kill ${follower}/etcd`);
    await cluster.sim.runFor(5 * SECOND);
    expect(cluster.sim.output(`${follower}/etcd`, 'stderr')).toContain('crc mismatch');
  });

  test('a flipped bit is found at the next start, which is refused', async () => {
    const { cluster, leader, follower } = await started();
    cluster.sim.fault(`corrupt ${follower}/etcd wal`);
    await cluster.put(leader, 'k', 'after');
    expect(await cluster.get(follower, 'k', true)).toBe('after');
    expect(cluster.sim.output(`${follower}/etcd`, 'stderr')).toBe('');
    cluster.sim.fault(`kill ${follower}/etcd`);
    await cluster.sim.runFor(5 * SECOND);
    const log = cluster.sim.output(`${follower}/etcd`, 'stderr');
    expect(log).toMatch(
      /"msg":"discovery failed","error":"walpb: crc mismatch: in file '0000000000000000.wal' at position: \d+"/,
    );
    expect(log.match(/crc mismatch/g)?.length).toBeGreaterThan(2);
    expect(await cluster.put(leader, 'k', 'two are enough')).toMatchObject({ status: 200 });
  });
});
