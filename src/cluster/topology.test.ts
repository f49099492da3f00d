import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../sim/env.ts';
import { Cluster, readyNodes } from './cluster.ts';
import { defaultTopology, machinesOf, parseTopology } from './topology.ts';

describe('what a recording or a link may say of a topology', () => {
  test('nothing said is the default, and what is said is read back', () => {
    expect(parseTopology({})).toEqual(defaultTopology);
    const external = parseTopology({ etcd: 'external', etcdMembers: 5, controlPlanes: 1 });
    expect(parseTopology({ ...external })).toEqual(external);
  });
  test.each([
    [{ etcd: 'elsewhere' }, 'etcd must be stacked or external: got "elsewhere"'],
    [{ etcdMembers: 2 }, 'etcdMembers must be one of 1, 3, 5: got 2'],
    [{ workerPrefix: 'etcd-' }, 'workerPrefix "etcd-" names other machines'],
    [{ controlPlanes: 4 }, 'controlPlanes must be one of 1, 3, 5, 7: got 4'],
  ])('%j is refused', (value, message) => {
    expect(() => parseTopology(value)).toThrow(message);
  });
});

test('no two machines of the largest external cluster share a name or an address', () => {
  const { hosts } = machinesOf(parseTopology({ etcd: 'external', etcdMembers: 5, controlPlanes: 7, door: true }));
  expect(new Set(hosts.map(({ name }) => name)).size).toBe(hosts.length);
  expect(new Set(hosts.map(({ ip }) => ip)).size).toBe(hosts.length);
});

test(
  'external etcd: members are no nodes, lose a machine and go on, and their service starts again',
  async () => {
    const topology = { controlPlanes: 1, workers: 1, etcd: 'external', etcdMembers: 3 } as const;
    const cluster = new Cluster({ topology });
    expect(await cluster.boot()).toBe(true);
    await cluster.runFor(5 * SECOND);
    expect(readyNodes(cluster.view)).toEqual(['cp-1', 'worker-1']);
    expect(await cluster.type('kubectl get nodes -o name')).toBe('node/cp-1\nnode/worker-1\n');
    expect(await cluster.type('kubectl get pods -n kube-system -o name')).not.toContain('etcd');
    expect((await cluster.type('etcdctl member list')).match(/etcd-\d/g)).toEqual(expect.arrayContaining(['etcd-1']));

    const leader = cluster.view.leader ?? '';
    expect(leader).toMatch(/^etcd-/);
    cluster.fault(`power-off ${leader}`);
    await cluster.runFor(10 * SECOND);
    expect(await cluster.type('kubectl create configmap after --from-literal=a=b')).toBe('configmap/after created\n');
    cluster.fault(`power-on ${leader}`);
    cluster.fault('kill etcd-1/etcd');
    await cluster.runFor(10 * SECOND);
    const status = await cluster.type('etcdctl endpoint status');
    expect(status).toMatch(/10\.0\.0\.4.*\n.*10\.0\.0\.5.*\n.*10\.0\.0\.6/);
  },
  MINUTE,
);
