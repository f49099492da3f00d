import { expect, test } from 'vitest';
import { identify } from './identity.ts';

test('ids are those that etcd gives to the local cluster of its documentation', () => {
  const peers = new Map([
    ['infra1', 'http://127.0.0.1:12380'],
    ['infra2', 'http://127.0.0.1:22380'],
    ['infra3', 'http://127.0.0.1:32380'],
  ]);
  const { clusterId, memberIds } = identify(peers, 'etcd-cluster-1');
  expect([...memberIds.values()]).toEqual(['8211f1d0f64f3269', '91bc3c398fb3c146', 'fd422379fda50e48']);
  expect(clusterId).toBe('ef37ad9dc622a7c4');
});
