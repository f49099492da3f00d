import { describe, expect, it } from 'vitest';
import type { Harness, Parsed } from './harness.testing.ts';
import { SECOND } from '../../lib/time.ts';
import { createHarness } from './harness.testing.ts';
import { EtcdFailure } from './storage/etcd-client.ts';

const pods = '/api/v1/namespaces/default/pods';
const services = '/api/v1/namespaces/default/services';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const pod = (name: string, spec: object = {}, metadata: object = {}): object => ({
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});
const deployment = (name: string): object => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
  },
});

async function withAccount(): Promise<Harness> {
  const harness = await createHarness();
  await harness.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  return harness;
}

describe('a pod', () => {
  it('needs its service account', async () => {
    const { call } = await createHarness();
    const { status, body } = await call('POST', pods, pod('p'));
    expect([status, body.message]).toEqual([
      403,
      'pods "p" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
    ]);
  });

  it('that runs on a node waits for its kubelet when deleted', async () => {
    const { call } = await withAccount();
    await call('POST', pods, pod('p', { nodeName: 'n1' }));
    const first = await call('DELETE', `${pods}/p`);
    expect(first.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 30, generation: 2 });
    expect((await call('DELETE', `${pods}/p?gracePeriodSeconds=5`)).body.metadata.deletionGracePeriodSeconds).toBe(5);
    expect((await call('GET', `${pods}/p`)).status).toBe(200);
    const last = await call('DELETE', `${pods}/p`, {
      gracePeriodSeconds: 0,
      preconditions: { uid: first.body.metadata.uid },
    });
    expect(last.status).toBe(200);
    expect((await call('GET', `${pods}/p`)).status).toBe(404);
  });

  it('that runs nowhere goes at once, unless a finalizer keeps it', async () => {
    const { call } = await withAccount();
    await call('POST', pods, pod('p'));
    await call('DELETE', `${pods}/p`);
    expect((await call('GET', `${pods}/p`)).status).toBe(404);
    await call('POST', pods, pod('q', {}, { finalizers: ['example.com/keep'] }));
    await call('DELETE', `${pods}/q`);
    const kept = await call('GET', `${pods}/q`);
    expect(kept.body.metadata.deletionTimestamp).toBeDefined();
    await call(
      'PATCH',
      `${pods}/q`,
      { metadata: { finalizers: null } },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect((await call('GET', `${pods}/q`)).status).toBe(404);
  });

  it('is bound once, evicted with a reason, and keeps its spec when its status is written', async () => {
    const { call } = await withAccount();
    await call('POST', pods, pod('p'));
    const bind = (node: string): Promise<{ status: number; body: Parsed }> =>
      call('POST', `${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: node } });
    const elsewhere = { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } };
    expect((await call('POST', '/api/v1/namespaces/default/bindings', elsewhere)).status).toBe(201);
    expect((await bind('n2')).body.message).toBe(
      'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
    );
    const status = await call(
      'PATCH',
      `${pods}/p/status`,
      { spec: { nodeName: 'n9' }, status: { phase: 'Running' } },
      { 'content-type': 'application/strategic-merge-patch+json' },
    );
    expect([status.body.spec.nodeName, status.body.status.phase]).toEqual(['n1', 'Running']);
    await call('POST', `${pods}/p/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } });
    const evicted = await call('GET', `${pods}/p`);
    expect(evicted.body.metadata.deletionTimestamp).toBeDefined();
    expect(evicted.body.status.conditions.at(-1).type).toBe('DisruptionTarget');
  });

  it('is printed as kubectl shows it', async () => {
    const { call } = await withAccount();
    await call('POST', pods, pod('p', { nodeName: 'n1' }));
    const status = {
      phase: 'Running',
      podIP: '10.244.1.2',
      podIPs: [{ ip: '10.244.1.2' }],
      containerStatuses: [
        {
          name: 'c',
          image: 'nginx',
          imageID: '',
          ready: false,
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
        },
      ],
    };
    await call('PATCH', `${pods}/p/status`, { status }, { 'content-type': 'application/merge-patch+json' });
    const { body } = await call('GET', pods, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(body.rows[0].cells).toEqual([
      'p',
      '0/1',
      'CrashLoopBackOff',
      '3',
      expect.stringMatching(/^\d+s$/),
      '10.244.1.2',
      'n1',
      '<none>',
      '<none>',
    ]);
  });
});

describe('a service', () => {
  it('gets an address and node ports, and gives them back', async () => {
    const harness = await createHarness();
    const { call, etcd } = harness;
    const made = await call('POST', services, {
      metadata: { name: 's' },
      spec: { type: 'NodePort', ports: [{ port: 80 }] },
    });
    const { clusterIP, ports } = made.body.spec;
    expect(clusterIP).toMatch(/^10\.(9[6-9]|10\d|11[01])\./);
    expect(ports[0].nodePort).toBeGreaterThanOrEqual(30000);
    const clash = await call('POST', services, {
      metadata: { name: 't' },
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: ports[0].nodePort }] },
    });
    expect(clash.body.message).toBe(
      `Service "t" is invalid: spec.ports[0].nodePort: Invalid value: ${ports[0].nodePort}: provided port is already allocated`,
    );
    const plain = await call(
      'PATCH',
      `${services}/s`,
      { spec: { type: 'ClusterIP' } },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect(plain.body.spec.ports[0].nodePort).toBeUndefined();
    await harness.advance(SECOND);
    expect(
      (
        await call('POST', services, {
          metadata: { name: 't' },
          spec: { type: 'NodePort', ports: [{ port: 80, nodePort: ports[0].nodePort }] },
        })
      ).status,
    ).toBe(201);
    expect(etcd.value(`/registry/ipaddresses/${clusterIP}`)).toBeDefined();
    await call('DELETE', `${services}/s`);
    expect(etcd.value(`/registry/ipaddresses/${clusterIP}`)).toBeUndefined();
  });

  it('refused for its name holds nothing', async () => {
    const { call, etcd } = await createHarness();
    await call('POST', services, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }], clusterIP: '10.96.0.77' } });
    await call('POST', services, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }], clusterIP: '10.96.0.78' } });
    expect(etcd.value('/registry/ipaddresses/10.96.0.78')).toBeUndefined();
  });
});

describe('deletion', () => {
  it.each([
    ['Foreground', ['foregroundDeletion']],
    ['Orphan', ['orphan']],
  ])('with policy %s waits for the garbage collector', async (policy, finalizers) => {
    const { call } = await createHarness();
    await call('POST', deployments, deployment('d'));
    await call('DELETE', `${deployments}/d`, { propagationPolicy: policy });
    const { body } = await call('GET', `${deployments}/d`);
    expect(body.metadata).toMatchObject({ finalizers, deletionGracePeriodSeconds: 0 });
    expect(body.metadata.deletionTimestamp).toBeDefined();
  });

  it('of a namespace goes through Terminating and ends when its finalizer is taken away', async () => {
    const { call } = await createHarness();
    await call('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
    const deleted = await call('DELETE', '/api/v1/namespaces/n');
    expect(deleted.body.status.phase).toBe('Terminating');
    expect((await call('DELETE', '/api/v1/namespaces/n')).body.status.phase).toBe('Terminating');
    const late = await call('POST', '/api/v1/namespaces/n/configmaps', { metadata: { name: 'late' } });
    expect(late.body.message).toBe(
      'configmaps "late" is forbidden: unable to create new content in namespace n because it is being terminated',
    );
    await call('PUT', '/api/v1/namespaces/n/finalize', { ...deleted.body, spec: {} });
    expect((await call('GET', '/api/v1/namespaces/n')).status).toBe(404);
  });

  it('of a collection takes what matches', async () => {
    const { call } = await createHarness();
    const path = '/api/v1/namespaces/default/configmaps';
    for (const name of ['a', 'b', 'c'])
      await call('POST', path, { metadata: { name, labels: { even: String(name === 'b') } } });
    await call('DELETE', `${path}?labelSelector=even%3Dfalse`);
    const { body } = await call('GET', path);
    expect(body.items.map((item: Parsed) => item.metadata.name)).toEqual(['b']);
  });
});

describe('scale, dry run and limits', () => {
  it('scales through the sub-resource and counts generations', async () => {
    const { call } = await createHarness();
    await call('POST', deployments, deployment('d'));
    await call(
      'PATCH',
      `${deployments}/d/scale`,
      { spec: { replicas: 3 } },
      { 'content-type': 'application/merge-patch+json' },
    );
    const { body } = await call('GET', `${deployments}/d`);
    expect([body.spec.replicas, body.metadata.generation]).toEqual([3, 2]);
  });

  it('writes nothing in a dry run', async () => {
    const { call, etcd } = await createHarness();
    const before = etcd.revision;
    const made = await call('POST', `${services}?dryRun=All`, {
      metadata: { name: 's' },
      spec: { type: 'NodePort', ports: [{ port: 80 }] },
    });
    expect(made.status).toBe(201);
    expect(etcd.revision).toBe(before);
  });

  it('refuses a body over 3 MiB, and passes on that etcd finds a smaller one too large', async () => {
    const { call, etcd } = await createHarness();
    const path = '/api/v1/namespaces/default/configmaps';
    const large = await call('POST', path, { metadata: { name: 'a' }, data: { x: 'x'.repeat(3_200_000) } });
    expect([large.status, large.body.message]).toEqual([413, 'Request entity too large: limit is 3145728']);
    etcd.failure = new EtcdFailure('InvalidArgument', 'etcdserver: request is too large');
    const refused = await call('DELETE', `${path}/none`);
    expect([refused.status, refused.body.message, refused.body.reason]).toEqual([
      500,
      'etcdserver: request is too large',
      undefined,
    ]);
  });

  it('puts events under a lease of an hour', async () => {
    const { call, etcd } = await createHarness();
    const event = {
      metadata: { name: 'e', namespace: 'default' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
      reason: 'R',
      type: 'Normal',
    };
    expect((await call('POST', '/api/v1/namespaces/default/events', event)).status).toBe(201);
    expect(etcd.leases).toContain(3660);
    const newer = await call('GET', '/apis/events.k8s.io/v1/namespaces/default/events/e');
    expect(newer.body).toMatchObject({ apiVersion: 'events.k8s.io/v1', regarding: { name: 'p' } });
  });

  it('answers 504 when etcd does not answer in time', async () => {
    const { call, etcd, server } = await createHarness();
    Object.assign(server.etcd, { range: () => server.env.deferred().promise });
    const { status, body } = await call('GET', '/api/v1/namespaces/default/configmaps/a');
    expect([status, body.message]).toEqual([504, 'Timeout: request did not complete within the allotted timeout']);
    expect(etcd.revision).toBeGreaterThan(0);
  });
});

describe('a request that our code cannot handle', () => {
  it('costs its client an answer and nobody else anything', async () => {
    const { call, server } = await createHarness();
    const { range } = server.etcd;
    Object.assign(server.etcd, {
      range: () => {
        throw new TypeError('planted');
      },
    });
    const broken = await call('GET', '/api/v1/namespaces/default/configmaps/a');
    expect([broken.status, broken.text]).toEqual([
      500,
      'This request caused apiserver to panic. Look in the logs for details.\n',
    ]);
    Object.assign(server.etcd, { range });
    expect((await call('GET', '/api/v1/namespaces/default/configmaps/a')).status).toBe(404);
  });

  it('is not one whose lists or names are missing', async () => {
    const { call } = await createHarness();
    const unnamed = await call('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: {}, value: 1 });
    expect(unnamed.status).toBe(422);
    const slice = { metadata: { name: 's' }, addressType: 'IPv4', endpoints: [{}] };
    expect((await call('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', slice)).status).toBe(422);
  });
});

describe('discovery', () => {
  it('names groups, versions and resources', async () => {
    const { call } = await createHarness();
    const { body: groups } = await call('GET', '/apis');
    expect(groups.groups.map((group: Parsed) => group.name)).toEqual([
      'apps',
      'events.k8s.io',
      'authentication.k8s.io',
      'authorization.k8s.io',
      'certificates.k8s.io',
      'rbac.authorization.k8s.io',
      'scheduling.k8s.io',
      'coordination.k8s.io',
      'discovery.k8s.io',
      'flowcontrol.apiserver.k8s.io',
    ]);
    const { body: apps } = await call('GET', '/apis/apps/v1');
    expect(apps.resources.map((resource: Parsed) => resource.name)).toEqual([
      'deployments',
      'deployments/scale',
      'deployments/status',
      'replicasets',
      'replicasets/scale',
      'replicasets/status',
    ]);
    const { body: index } = await call('GET', '/openapi/v3');
    const { body: document } = await call('GET', index.paths['apis/apps/v1'].serverRelativeURL);
    expect(document.components.schemas['io.k8s.api.apps.v1.Deployment'].properties.spec.allOf[0].$ref).toBe(
      '#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec',
    );
    const { post } = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments'];
    expect(post.parameters.map((parameter: Parsed) => parameter.name)).toContain('fieldValidation');
  });
});
