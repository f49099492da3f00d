import { describe, expect, it } from 'vitest';
import { decodeBase64, decodeBase64Error, encodeBase64 } from './base64.ts';
import { decode } from './decode.ts';
import { decodeBody } from './decode-request.ts';
import { toCoreEvent, toEventsV1 } from './events.ts';
import { scanJson } from './json-scan.ts';
import { DEPLOYMENT, EVENT, NODE, POD, SERVICE } from './kinds/index.ts';
import { openApiDocument } from './openapi.ts';
import { scaleOf, withReplicas } from './scale.ts';
import { keyOf, KINDS, kindOf, kindOfResource, pathOf, prefixOf, selectableFieldOf } from './scheme.ts';
import { fieldOf, fieldsOf } from './schema.ts';
import { conflict, notFound, quote } from './status.ts';
import {
  prepareForCreate,
  prepareForStatusUpdate,
  prepareForUpdate,
  strategyOf,
  withDefaults,
} from './strategy/index.ts';
import type { Deployment, Event, Pod } from './types.gen.ts';
import { warningsFor } from './warnings.ts';

describe('scheme', () => {
  it('finds kinds and their places', () => {
    expect(kindOf({ apiVersion: 'apps/v1', kind: 'Deployment' })).toBe(DEPLOYMENT);
    expect(kindOfResource('', 'v1', 'nodes')).toBe(NODE);
    expect(keyOf(NODE, undefined, 'n1')).toBe('/registry/minions/n1');
    expect(keyOf(SERVICE, 'default', 'web')).toBe('/registry/services/specs/default/web');
    expect(prefixOf(POD)).toBe('/registry/pods/');
    expect(prefixOf(POD, 'a')).toBe('/registry/pods/a/');
    expect(pathOf(DEPLOYMENT, 'a', 'b', 'scale')).toBe('/apis/apps/v1/namespaces/a/deployments/b/scale');
    expect(pathOf(NODE, undefined, 'n1')).toBe('/api/v1/nodes/n1');
  });
  it('has a strategy and a schema for every kind', () => {
    for (const kind of KINDS) {
      expect(strategyOf(kind)).toBeDefined();
      expect(fieldOf(kind.type, 'metadata')?.shape).toEqual({ form: 'struct', type: 'ObjectMeta' });
    }
  });
  it('reads the fields that select', () => {
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'n' },
      spec: { containers: [], nodeName: 'x' },
    };
    const ofPod = [
      'metadata.name',
      'metadata.namespace',
      'spec.nodeName',
      'status.phase',
      'spec.hostNetwork',
      'spec.other',
    ];
    expect(ofPod.map((field) => selectableFieldOf(POD, pod, field))).toEqual(['p', 'n', 'x', '', 'false', '']);
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {} };
    const ofNode = ['metadata.name', 'metadata.namespace', 'spec.unschedulable'];
    expect(ofNode.map((field) => selectableFieldOf(NODE, node, field))).toEqual(['n', '', 'false']);
  });
});

describe('schema', () => {
  it('knows merge keys, list types and required members', () => {
    expect(fieldOf('PodSpec', 'containers')).toMatchObject({
      required: true,
      listType: 'map',
      listMapKeys: ['name'],
      patchMergeKey: 'name',
    });
    expect(fieldOf('PodSpec', 'volumes')?.patchStrategies).toEqual(['merge', 'retainKeys']);
    expect(fieldOf('PodSpec', 'tolerations')?.listType).toBe('atomic');
    expect(fieldsOf('Lease').has('spec')).toBe(true);
  });
});

describe('decoding', () => {
  it('drops nulls and unknown members, keeps what pointers keep', () => {
    const { value, unknown } = decode('Deployment', {
      metadata: { name: 'd', labels: null, foo: 1 },
      spec: {
        replicas: 0,
        paused: false,
        template: { spec: { containers: [{ name: 'c', resources: { limits: { cpu: '0.5' } } }] } },
      },
    });
    expect(unknown).toEqual(['metadata.foo']);
    expect(value).toEqual({
      metadata: { name: 'd' },
      spec: {
        replicas: 0,
        strategy: {},
        template: { metadata: {}, spec: { containers: [{ name: 'c', resources: { limits: { cpu: '500m' } } }] } },
      },
      status: {},
    });
  });
  it.each([
    ['{"a":1', 'unexpected end of JSON input'],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['nul', 'unexpected end of JSON input'],
    ['nulx', "invalid character 'x' in literal null (expecting 'l')"],
  ])('says of %s what Go says', (text, error) => expect(scanJson(text).error).toBe(error));
  it('finds members that are repeated', () => {
    expect(scanJson('{"a":{"b":1,"b":2},"c":[{"d":1,"d":2}],"a":1}').duplicates).toEqual(['a.b', 'c[0].d', 'a']);
  });
  it('warns by default and rejects when asked', () => {
    const body = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[],"foo":1}}';
    expect(decodeBody(body, POD).warnings).toEqual(['unknown field "spec.foo"']);
    expect(decodeBody(body, POD, 'Ignore').warnings).toEqual([]);
    expect(() => decodeBody(body, POD, 'Strict')).toThrow('strict decoding error: unknown field "spec.foo"');
  });
  it('leaves hostile names alone', () => {
    const body =
      '{"kind":"Pod","metadata":{"name":"p","labels":{"__proto__":"x","constructor":"y"}},"spec":{"containers":[]}}';
    const { object } = decodeBody(body, POD);
    expect(Object.keys(object.metadata.labels ?? {})).toEqual(['__proto__', 'constructor']);
  });
});

describe('base64', () => {
  it('reads and writes', () => {
    for (const text of ['', 'f', 'fo', 'foo', 'foob']) {
      expect(encodeBase64(Buffer.from(text))).toBe(Buffer.from(text).toString('base64'));
      expect(Buffer.from(decodeBase64(Buffer.from(text).toString('base64'))).toString()).toBe(text);
    }
    expect(decodeBase64Error('Zm9v')).toBeUndefined();
    expect(decodeBase64Error('not!base64')).toBe('illegal base64 data at input byte 3');
  });
});

describe('writing', () => {
  const body = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'n', generation: 9 },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
    status: { replicas: 5 },
  };
  const created = prepareForCreate(DEPLOYMENT, withDefaults(DEPLOYMENT, body)) as Deployment;
  it('resets what clients may not set', () => {
    expect(created.metadata.generation).toBe(1);
    expect(created.status).toEqual({});
    expect(created.spec).toMatchObject({ replicas: 1, revisionHistoryLimit: 10, strategy: { type: 'RollingUpdate' } });
    expect(body.status.replicas).toBe(5);
  });
  it('counts changes of the spec, not of the status', () => {
    const scaled = prepareForUpdate(
      DEPLOYMENT,
      withReplicas(created, { ...scaleOf(created), spec: { replicas: 3 } }),
      created,
    );
    expect(scaled.metadata.generation).toBe(2);
    const reported = { ...created, spec: { ...created.spec, replicas: 9 }, status: { replicas: 1 } } as Deployment;
    const status = prepareForStatusUpdate(DEPLOYMENT, reported, created) as Deployment;
    expect(status).toMatchObject({ metadata: { generation: 1 }, spec: { replicas: 1 }, status: { replicas: 1 } });
    expect(scaleOf(created)).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 1 },
      status: { replicas: 0, selector: 'a=b' },
    });
  });
});

describe('documents', () => {
  it('describe what is served, so that a client may ask for field validation', () => {
    const document = openApiDocument('apis/apps/v1', {}) as unknown as {
      paths: Record<string, { patch?: { parameters: { name: string }[] } }>;
      components: { schemas: Record<string, object> };
    };
    const path = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    expect(path?.patch?.parameters.map((parameter) => parameter.name)).toContain('fieldValidation');
    const references = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/([\w.-]+)/g)].map(
      (match) => match[1] ?? '',
    );
    for (const name of new Set(references)) expect(Object.keys(document.components.schemas)).toContain(name);
  });
});

describe('events', () => {
  it('show the same in both views', () => {
    const event: Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e', namespace: 'n' },
      involvedObject: { kind: 'Pod', name: 'p' },
      message: 'hello',
      count: 2,
    } as unknown as Event;
    expect(toEventsV1(event)).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      note: 'hello',
      regarding: { name: 'p' },
      deprecatedCount: 2,
    });
    expect(toCoreEvent(toEventsV1(event))).toEqual(event);
    expect(EVENT.storagePrefix).toBe('/registry/events/');
  });
});

describe('status', () => {
  it('speaks as upstream', () => {
    expect(notFound(DEPLOYMENT, 'x').status).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'deployments.apps "x" not found',
      reason: 'NotFound',
      details: { name: 'x', group: 'apps', kind: 'deployments' },
      code: 404,
    });
    expect(conflict(POD, 'p').message).toBe(
      'Operation cannot be fulfilled on pods "p": the object has been modified; please apply your changes to the latest version and try again',
    );
    expect(quote('a"b\\\n')).toBe('"a\\"b\\\\\\n"');
  });
});

describe('warnings', () => {
  it('are given for what works by luck', () => {
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a.b', annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'x' } },
      spec: {
        terminationGracePeriodSeconds: -1,
        containers: [
          {
            name: 'c',
            env: [
              { name: 'A', value: '1' },
              { name: 'A', value: '2' },
            ],
            ports: [
              { containerPort: 80, protocol: 'TCP' },
              { containerPort: 80, protocol: 'TCP' },
            ],
            resources: { limits: { memory: '100m' } },
          },
        ],
      },
    };
    expect(warningsFor(POD, pod)).toEqual([
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
      'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
      'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]',
      'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
    ]);
  });
});
