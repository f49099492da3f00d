import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Harness } from './harness.testing.ts';
import { createHarness } from './harness.testing.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const APPLY = { 'content-type': 'application/apply-patch+yaml' };

function web(spec: object, container: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'nginx:1', ...container }] },
      },
      ...spec,
    },
  };
}

describe('server-side apply', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness();
  });
  const apply = (name: string, manager: string, object: unknown, more = ''): Promise<Answer> =>
    harness.call('PATCH', `${DEPLOYMENTS}/${name}?fieldManager=${manager}${more}`, object, APPLY);
  const merge = (name: string, patch: object, agent: string): Promise<Answer> =>
    harness.call('PATCH', `${DEPLOYMENTS}/${name}`, patch, {
      'content-type': 'application/merge-patch+json',
      'user-agent': `${agent}/v1.35.0`,
    });

  it('creates, and owns what it said and not what the server filled in', async () => {
    const { status, body } = await apply('web', 'one', web({ replicas: 2 }));
    expect(status).toBe(201);
    expect(body.metadata.managedFields).toEqual([
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: expect.any(String),
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:template': {
              'f:metadata': { 'f:labels': { 'f:app': {} } },
              'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
            },
          },
        },
      },
    ]);
  });

  it('writes nothing when it says the same again', async () => {
    const before = await harness.call('GET', `${DEPLOYMENTS}/web`);
    await harness.advance(5_000_000);
    const { status, body } = await apply('web', 'one', web({ replicas: 2 }));
    expect(status).toBe(200);
    expect(body.metadata).toEqual(before.body.metadata);
  });

  it('names each field in which it disagrees with others, and takes them over by force', async () => {
    await merge('web', { spec: { replicas: 5, paused: true } }, 'kubectl-edit');
    const one = await apply('web', 'one', web({ replicas: 3 }));
    expect([one.status, one.body.message]).toEqual([
      409,
      'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
    ]);
    expect(one.body.details.causes).toEqual([
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "kubectl-edit" using apps/v1',
        field: '.spec.replicas',
      },
    ]);
    const two = await apply('web', 'one', web({ replicas: 3, paused: false }));
    expect(two.body.message).toBe(
      'Apply failed with 2 conflicts: conflicts with "kubectl-edit" using apps/v1:\n- .spec.paused\n- .spec.replicas',
    );
    const forced = await apply('web', 'one', web({ replicas: 3 }), '&force=true');
    expect([forced.status, forced.body.spec.replicas]).toEqual([200, 3]);
    const other = forced.body.metadata.managedFields.find((entry: { manager: string }) => entry.manager !== 'one');
    expect(other.fieldsV1).toEqual({ 'f:spec': { 'f:paused': {} } });
  });

  it('removes what it no longer applies and no one else owns', async () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ];
    await apply('list', 'one', { ...web({}, { env }), metadata: { name: 'list', labels: { mine: 'x', ours: 'y' } } });
    await apply('list', 'two', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { labels: { ours: 'y' } } });
    const { body } = await apply('list', 'one', { ...web({}, { env: env.slice(1) }), metadata: { name: 'list' } });
    expect(body.metadata.labels).toEqual({ ours: 'y' });
    expect(body.spec.template.spec.containers[0].env).toEqual([{ name: 'B', value: '2' }]);
    expect(body.spec.template.spec.containers[0].terminationMessagePath).toBe('/dev/termination-log');
  });

  it('merges lists by their keys', async () => {
    const extra = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { template: { spec: { containers: [{ name: 'log', image: 'busybox' }] } } },
    };
    const { body } = await apply('list', 'sidecar', extra);
    expect(body.spec.template.spec.containers.map(({ name }: { name: string }) => name).sort()).toEqual(['c', 'log']);
  });

  it('stores nothing in a dry run, and makes what fails fail', async () => {
    expect((await apply('dry', 'one', { ...web({}), metadata: { name: 'dry' } }, '&dryRun=All')).status).toBe(201);
    expect((await harness.call('GET', `${DEPLOYMENTS}/dry`)).status).toBe(404);
    const other = await apply('dry', 'one', { apiVersion: 'v1', kind: 'Deployment' });
    expect(other.body.message).toBe(
      'Incorrect version specified in apply patch. Specified patch version: v1, expected: apps/v1',
    );
    const wrong = await apply('dry', 'one', web({ replicas: 'two', bogus: 1 }));
    expect(wrong.body.message).toBe(
      'failed to create typed patch object (/web; apps/v1, Kind=Deployment): errors:\n  .spec.replicas: expected numeric (int or float), got string\n  .spec.bogus: field not declared in schema',
    );
  });

  it('reads YAML', async () => {
    const path = '/api/v1/namespaces/default/configmaps/y?fieldManager=one';
    const { status, body } = await harness.call(
      'PATCH',
      path,
      'apiVersion: v1\nkind: ConfigMap\ndata: {x: "5"}\n',
      APPLY,
    );
    expect([status, body.data]).toEqual([201, { x: '5' }]);
  });

  it('gives client-side apply’s fields to kubectl without a conflict', async () => {
    const recorded = JSON.stringify(web({ replicas: 1 }));
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': recorded };
    const given = { ...web({ replicas: 1 }), metadata: { name: 'csa', annotations } };
    await harness.call('POST', `${DEPLOYMENTS}?fieldManager=kubectl-client-side-apply`, given);
    const object = { ...web({ replicas: 4 }), metadata: { name: 'csa' } };
    expect((await apply('csa', 'other', object)).status).toBe(409);
    const { status, body } = await apply('csa', 'kubectl', object);
    expect(status).toBe(200);
    expect(JSON.parse(Object.values<string>(body.metadata.annotations)[0] ?? '').spec.replicas).toBe(4);
  });
});

describe('field managers', () => {
  it('are told from one another by sub-resource, and forgotten when nothing is theirs', async () => {
    const harness = await createHarness();
    await harness.call('POST', `${DEPLOYMENTS}?fieldManager=maker`, web({}));
    await harness.call(
      'PATCH',
      `${DEPLOYMENTS}/web/scale?fieldManager=maker`,
      { spec: { replicas: 3 } },
      {
        'content-type': 'application/merge-patch+json',
      },
    );
    const patch = { status: { replicas: 3 } };
    const { body } = await harness.call('PATCH', `${DEPLOYMENTS}/web/status?fieldManager=keeper`, patch, {
      'content-type': 'application/merge-patch+json',
    });
    const entries: { manager: string; subresource?: string; fieldsV1: object }[] = body.metadata.managedFields;
    expect(entries.map(({ manager, subresource }) => `${manager}/${subresource ?? ''}`)).toEqual([
      'maker/scale',
      'keeper/status',
      'maker/',
    ]);
    expect(JSON.stringify(entries[2]?.fieldsV1)).not.toContain('replicas');
  });

  it('are put together when there are too many', async () => {
    const harness = await createHarness();
    const path = '/api/v1/namespaces/default/configmaps';
    await harness.call('POST', path, { metadata: { name: 'a' }, data: { k: 'x' } });
    let entries: { manager: string }[] = [];
    for (let i = 0; i < 12; i++) {
      await harness.advance(1_000_000);
      const { body } = await harness.call(
        'PATCH',
        `${path}/a?fieldManager=m${i}`,
        { data: { [`k${i}`]: 'x' } },
        {
          'content-type': 'application/merge-patch+json',
        },
      );
      entries = body.metadata.managedFields;
    }
    expect(entries).toHaveLength(10);
    expect(entries[0]?.manager).toBe('ancient-changes');
  });

  it('are forgotten on request, and nobody owns anything until somebody applies', async () => {
    const harness = await createHarness();
    const path = '/api/v1/namespaces/default/configmaps';
    const MERGE = { 'content-type': 'application/merge-patch+json' };
    await harness.call('POST', `${path}?fieldManager=maker`, { metadata: { name: 'a' }, data: { x: '1', y: '1' } });
    const kept = await harness.call('PATCH', `${path}/a`, { metadata: { managedFields: [] } }, MERGE);
    expect(kept.body.metadata.managedFields).toHaveLength(1);
    const reset = await harness.call('PATCH', `${path}/a`, { metadata: { managedFields: [{}] } }, MERGE);
    expect(reset.body.metadata.managedFields).toBeUndefined();
    const changed = await harness.call('PATCH', `${path}/a?fieldManager=editor`, { data: { y: '2' } }, MERGE);
    expect(changed.body.metadata.managedFields).toBeUndefined();
    const config = { apiVersion: 'v1', kind: 'ConfigMap', data: { x: '1', y: '3' } };
    const refused = await harness.call('PATCH', `${path}/a?fieldManager=one`, config, APPLY);
    expect(refused.body.message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.y',
    );
    const forced = await harness.call('PATCH', `${path}/a?fieldManager=one&force=true`, config, APPLY);
    const owned = forced.body.metadata.managedFields.map(
      ({ manager, operation, fieldsV1 }: { manager: string; operation: string; fieldsV1: object }) => [
        manager,
        operation,
        fieldsV1,
      ],
    );
    expect(owned).toEqual([
      ['one', 'Apply', { 'f:data': { 'f:x': {}, 'f:y': {} } }],
      ['before-first-apply', 'Update', { 'f:data': { '.': {}, 'f:x': {} } }],
    ]);
  });

  it('own by a sub-resource what it writes, and nothing else', async () => {
    const harness = await createHarness();
    await harness.call('POST', `${DEPLOYMENTS}?fieldManager=maker`, web({ replicas: 1 }));
    const status = { replicas: 1, conditions: [{ type: 'X', status: 'True' }] };
    const config = { ...web({ replicas: 7 }), metadata: { name: 'web', labels: { a: 'b' } }, status };
    const applied = await harness.call('PATCH', `${DEPLOYMENTS}/web/status?fieldManager=one`, config, APPLY);
    expect([applied.status, applied.body.spec.replicas, applied.body.status.replicas]).toEqual([200, 1, 1]);
    expect(applied.body.metadata.labels).toBeUndefined();
    const mine = applied.body.metadata.managedFields.find(({ manager }: { manager: string }) => manager === 'one');
    expect([mine.subresource, Object.keys(mine.fieldsV1)]).toEqual(['status', ['f:status']]);
    const plain = await harness.call('PATCH', `${DEPLOYMENTS}/web?fieldManager=two&force=true`, config, APPLY);
    const two = plain.body.metadata.managedFields.find(({ manager }: { manager: string }) => manager === 'two');
    expect(Object.keys(two.fieldsV1)).toEqual(['f:metadata', 'f:spec']);
    const body = { ...plain.body, metadata: { ...plain.body.metadata, managedFields: [{}] } };
    const put = await harness.call('PUT', `${DEPLOYMENTS}/web/status`, body);
    expect(put.body.metadata.managedFields).toHaveLength(plain.body.metadata.managedFields.length);
  });

  it('must be named to apply', async () => {
    const harness = await createHarness();
    const { status, body } = await harness.call('PATCH', `${DEPLOYMENTS}/web`, web({}), APPLY);
    expect([status, body.message]).toEqual([
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ]);
  });

  it('are named one by one when several disagree', async () => {
    const harness = await createHarness();
    const path = '/api/v1/namespaces/default/configmaps';
    const config = (data: object): object => ({ apiVersion: 'v1', kind: 'ConfigMap', data });
    await harness.call('PATCH', `${path}/a?fieldManager=zoe`, config({ x: '1' }), APPLY);
    await harness.call('PATCH', `${path}/a?fieldManager=ann`, config({ y: '1', z: '1' }), APPLY);
    const { body } = await harness.call(
      'PATCH',
      `${path}/a?fieldManager=me`,
      config({ x: '2', y: '2', z: '2' }),
      APPLY,
    );
    expect(body.message).toBe(
      'Apply failed with 3 conflicts: conflicts with "ann":\n- .data.y\n- .data.z\nconflicts with "zoe":\n- .data.x',
    );
    expect(body.details.causes.map(({ message }: { message: string }) => message)).toEqual([
      'conflict with "ann"',
      'conflict with "ann"',
      'conflict with "zoe"',
    ]);
  });
});
