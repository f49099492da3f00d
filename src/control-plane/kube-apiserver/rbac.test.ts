// Who may do what, and what the server says of it.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Answer, Harness, Parsed } from './harness.testing.ts';
import { createHarness } from './harness.testing.ts';
import { stableStringify } from '../../lib/json.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const REFERENCE = new URL('../../../../shared/reference/bootstrap/', import.meta.url);

const withRbac = (): Promise<Harness> => createHarness({ flags: ['--authorization-mode=Node,RBAC'] });

function as(
  harness: Harness,
  user: string,
  groups = '',
): (method: string, path: string, body?: unknown) => Promise<Answer> {
  return (method, path, body) => harness.call(method, path, body, { 'x-remote-user': user, 'x-remote-group': groups });
}

/** What the server adds, and what depends on when. */
function plain(object: Parsed): string {
  const { uid: _, resourceVersion: __, creationTimestamp: ___, managedFields: ____, ...metadata } = object.metadata;
  const text = stableStringify({ ...object, metadata });
  return text.replaceAll(/"lastTransitionTime":"[^"]*"/g, '');
}

describe('a fresh cluster', () => {
  it.skipIf(!existsSync(REFERENCE)).each([
    ['clusterroles', `${RBAC}/clusterroles`],
    ['clusterrolebindings', `${RBAC}/clusterrolebindings`],
    ['roles', `${RBAC}/roles`],
    ['rolebindings', `${RBAC}/rolebindings`],
    ['flowschemas', '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas'],
    ['prioritylevelconfigurations', '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations'],
  ])('has the recorded %s', async (plural, path) => {
    const { call } = await withRbac();
    const recorded = JSON.parse(readFileSync(new URL(`bootstrap-${plural}.json`, REFERENCE), 'utf8')) as Parsed;
    const { body } = await call('GET', path);
    const { kind, apiVersion } = recorded.items[0];
    const ours = new Map<string, string>(
      body.items.map((item: Parsed) => [
        `${item.metadata.namespace ?? ''}/${item.metadata.name}`,
        plain({ kind, apiVersion, ...item }),
      ]),
    );
    for (const item of recorded.items as Parsed[]) {
      // What aggregated roles come to is a controller's work.
      if (item.aggregationRule !== undefined) item.rules = null;
      expect(ours.get(`${item.metadata.namespace ?? ''}/${item.metadata.name}`)).toBe(plain(item));
    }
  });

  it('lets a component do its work and nothing else', async () => {
    const harness = await withRbac();
    const scheduler = as(harness, 'system:kube-scheduler');
    expect((await scheduler('GET', '/api/v1/pods')).status).toBe(200);
    const refused = await scheduler('GET', '/api/v1/secrets');
    expect(refused.body).toMatchObject({
      reason: 'Forbidden',
      message:
        'secrets is forbidden: User "system:kube-scheduler" cannot list resource "secrets" in API group "" at the cluster scope',
    });
    expect(refused.headers['x-content-type-options']).toBe('nosniff');
  });

  it('keeps waiting who comes before the first roles are made', async () => {
    const harness = await createHarness({ flags: ['--authorization-mode=RBAC'], controllers: false });
    harness.clock.env.after(1_000_000, () => harness.server.startHooks.done('rbac/bootstrap-roles'));
    const before = harness.clock.env.uptime();
    expect((await as(harness, 'alice')('GET', '/api/v1/pods')).status).toBe(403);
    expect(harness.clock.env.uptime() - before).toBeGreaterThanOrEqual(1_000_000);
    expect((await as(harness, '')('GET', '/readyz')).status).toBe(403);
  });
});

describe('roles', () => {
  const role = {
    metadata: { name: 'reader' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
  };
  const binding = {
    metadata: { name: 'reads' },
    roleRef: { kind: 'Role', name: 'reader' },
    subjects: [
      { kind: 'User', name: 'alice' },
      { kind: 'ServiceAccount', name: 'default', namespace: 'default' },
    ],
  };

  it('allow what they say from the moment they are bound until they are gone', async () => {
    const harness = await withRbac();
    const alice = as(harness, 'alice');
    const roles = `${RBAC}/namespaces/default/roles`;
    const bindings = `${RBAC}/namespaces/default/rolebindings`;
    const pods = '/api/v1/namespaces/default/pods';
    expect((await alice('GET', pods)).status).toBe(403);
    expect((await harness.call('POST', bindings, binding)).status).toBe(201);
    await harness.advance(10_000);
    expect((await alice('GET', pods)).body.message).toMatch(
      /in the namespace "default": RBAC: role\.rbac\.authorization\.k8s\.io "reader" not found$/,
    );
    await harness.call('POST', roles, role);
    await harness.advance(10_000);
    expect((await alice('GET', pods)).status).toBe(200);
    expect((await alice('POST', pods, {})).status).toBe(403);
    expect((await alice('GET', '/api/v1/namespaces/kube-system/pods')).status).toBe(403);
    expect((await as(harness, 'system:serviceaccount:default:default')('GET', pods)).status).toBe(200);
    await harness.call('DELETE', `${bindings}/reads`);
    await harness.advance(10_000);
    expect((await alice('GET', pods)).status).toBe(403);
  });
});

describe('a kubelet', () => {
  it('sees what its own pods need', async () => {
    const harness = await withRbac();
    const { call } = harness;
    for (const name of ['used', 'other'])
      await call('POST', '/api/v1/namespaces/default/secrets', { metadata: { name } });
    await call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
    await call('POST', '/api/v1/namespaces/default/pods', {
      metadata: { name: 'p' },
      spec: {
        nodeName: 'worker-1',
        containers: [{ name: 'c', image: 'i' }],
        volumes: [{ name: 'v', secret: { secretName: 'used' } }],
      },
    });
    const kubelet = as(harness, 'system:node:worker-1', 'system:nodes');
    expect((await kubelet('GET', '/api/v1/namespaces/default/secrets/used')).status).toBe(200);
    expect((await kubelet('GET', '/api/v1/namespaces/default/secrets/other')).body.message).toMatch(
      /: no relationship found between node 'worker-1' and this object$/,
    );
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    expect((await kubelet('GET', `${leases}/worker-2`)).status).toBe(403);
    expect((await kubelet('GET', `${leases}/worker-1`)).status).toBe(404);
    expect((await kubelet('GET', '/api/v1/nodes')).status).toBe(200);
  });
});

describe('being somebody else', () => {
  it('is for who may, and is what the request is judged by', async () => {
    const harness = await withRbac();
    const ask = async (headers: Record<string, string>, path = '/api/v1/pods'): Promise<Answer> =>
      harness.call('GET', path, undefined, headers);
    const masters = await ask({ 'impersonate-user': 'alice', 'impersonate-group': 'system:masters' });
    expect(masters.status).toBe(200);
    const refused = await ask({ 'x-remote-user': 'bob', 'x-remote-group': '', 'impersonate-user': 'alice' });
    expect(refused.body.message).toBe(
      'users "alice" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    const nobody = await ask({ 'impersonate-group': 'g' });
    expect([nobody.status, nobody.text]).toEqual([
      500,
      'Internal Server Error: "/api/v1/pods": requested [{Group  g    }] without impersonating a user\n',
    ]);
    const me = await harness.call(
      'POST',
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      {},
      {
        'impersonate-user': 'system:serviceaccount:ns:app',
        'impersonate-uid': 'u1',
        'impersonate-extra-scopes': 'view',
      },
    );
    expect(me.body.status.userInfo).toEqual({
      username: 'system:serviceaccount:ns:app',
      uid: 'u1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
      extra: { scopes: ['view'] },
    });
  });
});

describe('tokens', () => {
  it('are somebody until they expire, or until the account is gone', async () => {
    const harness = await withRbac();
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await harness.call('POST', accounts, { metadata: { name: 'app' } });
    const { body } = await harness.call('POST', `${accounts}/app/token`, { spec: { expirationSeconds: 600 } });
    const headers = { authorization: `Bearer ${body.status.token}`, 'x-remote-user': '' };
    const whoAmI = (): Promise<Answer> =>
      harness.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers);
    expect((await whoAmI()).body.status.userInfo.username).toBe('system:serviceaccount:default:app');
    const forged = `${body.status.token.slice(0, -2)}xx`;
    expect(
      (await harness.call('GET', '/version', undefined, { ...headers, authorization: `Bearer ${forged}` })).body,
    ).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    });
    await harness.call('DELETE', `${accounts}/app`);
    await harness.advance(10_000);
    expect((await whoAmI()).status).toBe(401);
  });
});

describe('every answer', () => {
  it('has an audit id of its own and names the flow that took it', async () => {
    const { call } = await withRbac();
    const [first, second] = [await call('GET', '/api/v1/pods'), await call('GET', '/api/v1/nopes')];
    expect(first.headers['audit-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(second.headers['audit-id']).not.toBe(first.headers['audit-id']);
    expect((await call('GET', '/api/v1/pods', undefined, { 'audit-id': 'mine' })).headers['audit-id']).toBe('mine');
    const flowOf = async (path: string, headers: Record<string, string>): Promise<string> => {
      const uid = (await call('GET', path, undefined, headers)).headers['x-kubernetes-pf-flowschema-uid'];
      const { body } = await call('GET', '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas');
      return body.items.find((item: Parsed) => item.metadata.uid === uid)?.metadata.name as string;
    };
    const user = (name: string, groups = ''): Record<string, string> => ({
      'x-remote-user': name,
      'x-remote-group': groups,
    });
    expect(await flowOf('/api/v1/pods', {})).toBe('exempt');
    expect(await flowOf('/readyz', user(''))).toBe('probes');
    expect(await flowOf('/api/v1/nodes', user('system:node:n', 'system:nodes'))).toBe('system-node-high');
    expect(await flowOf('/api/v1/pods', user('system:node:n', 'system:nodes'))).toBe('system-nodes');
    const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x';
    expect(await flowOf(lease, user('system:kube-scheduler'))).toBe('system-leader-election');
    expect(await flowOf('/api/v1/pods', user('system:kube-scheduler'))).toBe('kube-scheduler');
    expect(await flowOf('/api/v1/pods', user('alice'))).toBe('global-default');
  });
});
