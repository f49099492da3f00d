import { describe, expect, it } from 'vitest';
import { createHarness } from './harness.testing.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, data: Record<string, string> = {}, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

describe('an apiserver from virtual zero', () => {
  it('makes the system namespaces, the priority classes and the kubernetes Service', async () => {
    const { call, advance, etcd } = await createHarness();
    await advance(1_000_000);
    const namespaces = await call('GET', '/api/v1/namespaces');
    expect(namespaces.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
    const service = await call('GET', '/api/v1/namespaces/default/services/kubernetes');
    expect(service.body.spec).toMatchObject({ clusterIP: '10.96.0.1', type: 'ClusterIP' });
    const endpoints = await call('GET', '/api/v1/namespaces/default/endpoints/kubernetes');
    expect(endpoints.body.subsets).toEqual([
      { addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] },
    ]);
    expect(etcd.value('/registry/masterleases/10.0.0.1')).toBeDefined();
    const classes = await call('GET', '/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical');
    expect(classes.body.value).toBe(2_000_001_000);
    expect((await call('GET', '/readyz?verbose')).text).toContain('readyz check passed');
  });

  it('creates, gets, lists, updates, patches and deletes', async () => {
    const { call } = await createHarness();
    const created = await call('POST', configMaps, configMap('a', { x: '1' }));
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'default' },
      data: { x: '1' },
    });
    expect((await call('POST', configMaps, configMap('a'))).body.message).toBe('configmaps "a" already exists');
    const list = await call('GET', configMaps);
    expect(list.body).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'a' } }] });
    expect(list.body.items[0].kind).toBeUndefined();
    const updated = await call('PUT', `${configMaps}/a`, { ...created.body, data: { x: '2' } });
    expect(updated.body.data).toEqual({ x: '2' });
    const stale = await call('PUT', `${configMaps}/a`, { ...created.body, data: { x: '3' } });
    expect([stale.status, stale.body.reason]).toEqual([409, 'Conflict']);
    const merged = await call(
      'PATCH',
      `${configMaps}/a`,
      { data: { y: '1' } },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect(merged.body.data).toEqual({ x: '2', y: '1' });
    const deleted = await call('DELETE', `${configMaps}/a`);
    expect(deleted.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'a', kind: 'configmaps' },
    });
    expect((await call('GET', `${configMaps}/a`)).status).toBe(404);
  });

  it('writes nothing that changes nothing', async () => {
    const { call } = await createHarness();
    const { body } = await call('POST', configMaps, configMap('a', { x: '1' }));
    const again = await call('PUT', `${configMaps}/a`, body);
    expect(again.body.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
  });
});
