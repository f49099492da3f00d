// What the server says of fields that it does not know or that are said twice. The cases are those of upstream's own test of field validation.
import { describe, expect, it } from 'vitest';
import type { Answer, Harness } from './harness.testing.ts';
import { createHarness } from './harness.testing.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';

const BODY = `{
  "apiVersion": "apps/v1", "kind": "Deployment",
  "metadata": { "name": "NAME", "labels": { "app": "nginx" } },
  "spec": {
    "unknown1": "val1", "unknownDupe": "valDupe", "unknownDupe": "valDupe2",
    "paused": true, "paused": false,
    "selector": { "matchLabels": { "app": "nginx" } },
    "template": {
      "metadata": { "labels": { "app": "nginx" } },
      "spec": { "containers": [{
        "name": "nginx", "image": "nginx:latest",
        "unknownNested": "val1", "imagePullPolicy": "Always", "imagePullPolicy": "Never"
      }] }
    }
  }
}`;
const IN_ORDER = [
  'unknown field "spec.unknown1"',
  'unknown field "spec.unknownDupe"',
  'duplicate field "spec.paused"',
  'unknown field "spec.template.spec.containers[0].unknownNested"',
  'duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
];

const YAML = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
  labels:
    app: nginx
spec:
  unknown1: val1
  unknownDupe: valDupe
  unknownDupe: valDupe2
  paused: true
  paused: false
  selector:
    matchLabels:
      app: nginx
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:latest
        unknownNested: val1
        imagePullPolicy: Always
        imagePullPolicy: Never
`;
const YAML_LINES = [
  'line 10: key "unknownDupe" already set in map',
  'line 12: key "paused" already set in map',
  'line 26: key "imagePullPolicy" already set in map',
];
const SORTED = [
  'unknown field "spec.template.spec.containers[0].unknownNested"',
  'unknown field "spec.unknown1"',
  'unknown field "spec.unknownDupe"',
];

const warningsOf = ({ headers }: Answer): string[] =>
  [...(headers['warning'] ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(
    (match) => JSON.parse(`"${match[1] ?? ''}"`) as string,
  );

async function send(harness: Harness, method: string, validation: string, body: string, type: string): Promise<Answer> {
  const path = method === 'POST' ? deployments : `${deployments}/live`;
  const query = `fieldValidation=${validation}&fieldManager=me&force=${type.includes('apply')}`;
  return harness.call(method, `${path}?${type.includes('apply') ? query : query.replace(/&force=.*/, '')}`, body, {
    'content-type': type,
  });
}

async function live(): Promise<Harness> {
  const harness = await createHarness();
  await harness.call('POST', deployments, BODY.replace('NAME', 'live'));
  return harness;
}

const PATCHED = `{ "spec": {
  "unknown1": "val1", "unknownDupe": "valDupe", "unknownDupe": "valDupe2", "paused": true, "paused": false } }`;
const JSON_PATCH = `[
  { "op": "add", "path": "/spec/unknown1", "value": "val1", "foo": "bar" },
  { "op": "add", "path": "/spec/unknown2", "path": "/spec/unknown3", "value": "val1" },
  { "op": "replace", "path": "/spec/replicas", "value": 2 }
]`;

const CASES: readonly (readonly [string, string, string, string, string[], string | undefined])[] = [
  ['a creation in JSON', 'POST', 'application/json', BODY, IN_ORDER, undefined],
  ['an update in JSON', 'PUT', 'application/json', BODY, IN_ORDER, undefined],
  [
    'a creation in YAML',
    'POST',
    'application/yaml',
    YAML,
    [...YAML_LINES, ...SORTED],
    [`yaml: unmarshal errors:\n  ${YAML_LINES.join('\n  ')}`, ...SORTED].join(', '),
  ],
  [
    'a merge patch',
    'PATCH',
    'application/merge-patch+json',
    PATCHED,
    ['duplicate field "spec.unknownDupe"', 'duplicate field "spec.paused"', ...SORTED.slice(1)],
    undefined,
  ],
  [
    'a strategic merge patch',
    'PATCH',
    'application/strategic-merge-patch+json',
    PATCHED,
    ['duplicate field "spec.unknownDupe"', 'duplicate field "spec.paused"', ...SORTED.slice(1)],
    undefined,
  ],
  [
    'a JSON patch',
    'PATCH',
    'application/json-patch+json',
    JSON_PATCH,
    [
      'json patch unknown field "[0].foo"',
      'json patch duplicate field "[1].path"',
      'unknown field "spec.unknown1"',
      'unknown field "spec.unknown3"',
    ],
    undefined,
  ],
];

describe.each(CASES)('field validation of %s', (_, method, type, body, problems, strict) => {
  it('Strict refuses it, naming all', async () => {
    const answer = await send(
      await live(),
      method,
      'Strict',
      body.replace('NAME', method === 'POST' ? 'new' : 'live'),
      type,
    );
    const said = `strict decoding error: ${strict ?? problems.join(', ')}`;
    const whole = method === 'PATCH' ? said : `Deployment in version "v1" cannot be handled as a Deployment: ${said}`;
    expect([answer.status, answer.body.message]).toEqual([400, whole]);
  });

  it('Warn takes it and says so, Ignore takes it', async () => {
    const harness = await live();
    const named = body.replace('NAME', method === 'POST' ? 'new' : 'live');
    const warned = await send(harness, method, 'Warn', named, type);
    expect(warned.status).toBe(method === 'POST' ? 201 : 200);
    expect(warningsOf(warned)).toEqual(problems);
    const ignored = await send(
      harness,
      method,
      'Ignore',
      body.replace('NAME', method === 'POST' ? 'other' : 'live'),
      type,
    );
    expect(ignored.status).toBe(method === 'POST' ? 201 : 200);
    expect(warningsOf(ignored)).toEqual([]);
  });
});

describe('field validation of an applied configuration', () => {
  const KNOWN = YAML.replaceAll(/.*unknown.*\n/g, '').replace('NAME', 'live');
  const lines = ['line 9: key "paused" already set in map', 'line 22: key "imagePullPolicy" already set in map'];

  it('refuses, warns of or takes keys that are there twice; what no type has is refused by all', async () => {
    const harness = await live();
    const type = 'application/apply-patch+yaml';
    const refused = await send(harness, 'PATCH', 'Strict', KNOWN, type);
    expect(refused.body.message).toBe(
      `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  ${lines.join('\n  ')}`,
    );
    const warned = await send(harness, 'PATCH', 'Warn', KNOWN, type);
    expect([warned.status, warningsOf(warned)]).toEqual([200, lines]);
    expect(warningsOf(await send(harness, 'PATCH', 'Ignore', KNOWN, type))).toEqual([]);
    const unknown = await send(harness, 'PATCH', 'Ignore', YAML.replace('NAME', 'live'), type);
    expect(unknown.status).toBe(500);
    expect(unknown.body.message).toContain('field not declared in schema');
  });
});
