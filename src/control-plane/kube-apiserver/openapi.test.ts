// OpenAPI and discovery as clients cache them.
import { describe, expect, it } from 'vitest';
import { createHarness } from './harness.testing.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

describe('/openapi/v3', () => {
  it('says in words what every field of a served type is, and which values it may have', async () => {
    const { call } = await createHarness();
    const { body } = await call('GET', '/openapi/v3/api/v1');
    const { schemas } = body.components;
    const service = schemas['io.k8s.api.core.v1.ServiceSpec'].properties;
    expect(service.type.enum).toEqual(['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']);
    expect(service.type.description).toContain('Possible enum values:\n - `"ClusterIP"` means');
    expect(service.ipFamilies.items.enum).toContain('IPv6');
    expect(schemas['io.k8s.api.core.v1.Pod'].properties.kind.description).toContain('In CamelCase.');
    expect(schemas['io.k8s.api.core.v1.PodList'].description).toBe('PodList is a list of Pods.');
    const silent = Object.entries<{ properties?: Record<string, { description?: string }> }>(schemas).flatMap(
      ([name, { properties = {} }]) =>
        Object.entries(properties)
          .filter(([, field]) => field.description === undefined)
          .map(([field]) => `${name}.${field}`),
    );
    expect(silent.filter((name) => name.startsWith('io.k8s.api.'))).toEqual([]);
  });

  it('names every document with the hash of its text, and lets clients keep it for good', async () => {
    const { call } = await createHarness();
    const index = await call('GET', '/openapi/v3');
    expect(index.headers['content-type']).toBe('text/plain; charset=utf-8');
    const url: string = index.body.paths['apis/apps/v1'].serverRelativeURL;
    const [, hash = ''] = /^\/openapi\/v3\/apis\/apps\/v1\?hash=([0-9A-F]{128})$/.exec(url) ?? [];
    const document = await call('GET', url);
    expect(document).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'public, immutable', etag: `"${hash}"`, vary: 'Accept' },
    });
    expect(document.headers['expires']).toMatch(/ GMT$/);
    const again = await call('GET', url, undefined, { 'if-none-match': `"${hash}"` });
    expect([again.status, again.text]).toEqual([304, '']);
    const other = await call('GET', '/openapi/v3/apis/apps/v1?hash=OLD');
    expect([other.status, other.headers['location']]).toEqual([301, url]);
    expect((await call('GET', '/openapi/v3/apis/nope/v1')).status).toBe(404);
    expect((await call('GET', '/openapi/v3/api/v1', undefined, { accept: 'text/html' })).status).toBe(406);
  });
});

describe('/openapi/v2', () => {
  it('has the same definitions, and an ETag', async () => {
    const { call } = await createHarness();
    const first = await call('GET', '/openapi/v2');
    expect(first.body.definitions['io.k8s.api.core.v1.PodSpec'].properties.containers).toMatchObject({
      items: { $ref: '#/definitions/io.k8s.api.core.v1.Container' },
      description: expect.stringContaining('List of containers') as unknown,
    });
    const again = await call('GET', '/openapi/v2', undefined, { 'if-none-match': first.headers['etag'] ?? '' });
    expect(again.status).toBe(304);
  });
});

describe('discovery', () => {
  it('is aggregated for who asks for v2, in the order of the client', async () => {
    const { call } = await createHarness();
    const kinds = async (accept: string): Promise<string> =>
      (await call('GET', '/apis', undefined, { accept })).body.kind as string;
    expect(await kinds(`${AGGREGATED},application/json`)).toBe('APIGroupDiscoveryList');
    expect(await kinds(`${AGGREGATED.replace('v=v2', 'v=v2beta1')},application/json`)).toBe('APIGroupList');
    expect(await kinds(`application/json,${AGGREGATED}`)).toBe('APIGroupList');
    expect((await call('GET', '/apis', undefined, { accept: 'text/html' })).status).toBe(406);
  });

  it('is sent again only when it has changed', async () => {
    const { call } = await createHarness();
    const first = await call('GET', '/apis', undefined, { accept: AGGREGATED });
    expect(first.headers).toMatchObject({ 'cache-control': 'public', vary: 'Accept', 'content-type': AGGREGATED });
    const etag = first.headers['etag'] ?? '';
    expect(etag).toMatch(/^"[0-9A-F]{128}"$/);
    const again = await call('GET', '/apis', undefined, { accept: AGGREGATED, 'if-none-match': etag });
    expect([again.status, again.text]).toEqual([304, '']);
    const core = await call('GET', '/api', undefined, { accept: AGGREGATED, 'if-none-match': etag });
    expect(core.status).toBe(200);
  });
});
