import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch, createMergePatch, createThreeWayMergePatch } from './merge-patch.ts';
import { applyStrategicPatch } from './strategic.ts';
import { createThreeWayPatch, createTwoWayPatch } from './strategic-diff.ts';

const pod = (spec: object): Record<string, unknown> => ({ apiVersion: 'v1', kind: 'Pod', spec });

describe('merge patch', () => {
  it('replaces lists, merges maps, deletes with null', () => {
    const patched = applyMergePatch({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [3], e: { f: null, g: 1 } }, d: null });
    expect(patched).toEqual({ a: { b: 1, c: [3], e: { g: 1 } } });
  });
  it('is made so that applying it gives the target', () => {
    const from = { a: 1, b: { c: [1], d: 2 } };
    const to = { b: { c: [2], e: 3 } };
    expect(applyMergePatch(from, createMergePatch(from, to))).toEqual(to);
  });
  it('keeps what others set in three ways', () => {
    expect(createThreeWayMergePatch({ a: 1, b: 2 }, { b: 3 }, { a: 1, b: 2, server: 1 })).toEqual({ a: null, b: 3 });
  });
});

describe('json patch', () => {
  it('applies in order and leaves its argument alone', () => {
    const document = { a: [1, 2], b: { 'x/y': 1 } };
    const patched = applyJsonPatch(document, [
      { op: 'test', path: '/a/0', value: 1 },
      { op: 'add', path: '/a/-', value: 3 },
      { op: 'remove', path: '/a/0' },
      { op: 'move', from: '/b/x~1y', path: '/c' },
    ]);
    expect(patched).toEqual({ a: [2, 3], b: {}, c: 1 });
    expect(document).toEqual({ a: [1, 2], b: { 'x/y': 1 } });
  });
  it.each([
    [[{ op: 'frob', path: '/a' }], 'the server rejected our request due to an error in our request'],
    [[{ op: 'replace', path: '/missing', value: 1 }], 'the server rejected our request'],
    [[{ op: 'add', path: '/x/y/z', value: 1 }], 'the server rejected our request'],
    [[{ op: 'test', path: '/a', value: 2 }], 'the server rejected our request'],
    [{}, 'cannot unmarshal object into Go value of type []handlers.jsonPatchOp'],
  ])('fails as upstream: %j', (patch, message) => expect(() => applyJsonPatch({ a: 1 }, patch)).toThrow(message));
});

describe('strategic merge patch', () => {
  const base = pod({
    containers: [
      { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }], ports: [{ containerPort: 80 }] },
      { name: 'b', image: 'b:1' },
    ],
    nodeSelector: { x: 'y' },
    tolerations: [{ key: 'k' }],
  });
  it('merges lists by their keys', () => {
    const patched = applyStrategicPatch(
      base,
      {
        spec: {
          containers: [
            { name: 'a', image: 'a:2', env: [{ name: 'Y', value: '2' }] },
            { name: 'c', image: 'c:1' },
          ],
        },
      },
      'Pod',
    );
    const { containers } = patched['spec'] as { containers: { name: string; image: string; env?: object[] }[] };
    expect(containers.map((c) => `${c.name}=${c.image}`)).toEqual(['a=a:2', 'c=c:1', 'b=b:1']);
    expect(containers[0]?.env?.map((e) => (e as { name: string }).name)).toEqual(['Y', 'X']);
  });
  it('deletes, replaces and retains', () => {
    const deleted = applyStrategicPatch(base, { spec: { containers: [{ name: 'a', $patch: 'delete' }] } }, 'Pod');
    expect(deleted['spec']).toMatchObject({ containers: [{ name: 'b' }] });
    const replaced = applyStrategicPatch(
      base,
      { spec: { containers: [{ name: 'z', image: 'z' }, { $patch: 'replace' }] } },
      'Pod',
    );
    expect((replaced['spec'] as { containers: object[] }).containers).toEqual([{ name: 'z', image: 'z' }]);
    const map = applyStrategicPatch(base, { spec: { nodeSelector: { $patch: 'replace', n: '1' } } }, 'Pod');
    expect(map['spec']).toMatchObject({ nodeSelector: { n: '1' } });
    expect((map['spec'] as { nodeSelector: object }).nodeSelector).toEqual({ n: '1' });
    const volumes = pod({ volumes: [{ name: 'v', emptyDir: {} }] });
    const swapped = applyStrategicPatch(
      volumes,
      { spec: { volumes: [{ $retainKeys: ['name', 'hostPath'], name: 'v', hostPath: { path: '/x' } }] } },
      'Pod',
    );
    expect(swapped['spec']).toEqual({ volumes: [{ name: 'v', hostPath: { path: '/x' } }] });
  });
  it('replaces atomic lists and edits lists of scalars', () => {
    const patched = applyStrategicPatch(base, { spec: { tolerations: [{ key: 'z' }] } }, 'Pod');
    expect((patched['spec'] as { tolerations: object[] }).tolerations).toEqual([{ key: 'z' }]);
    const meta = { metadata: { finalizers: ['a', 'b'] } };
    const edited = applyStrategicPatch(
      meta,
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] } },
      'Pod',
    );
    expect(edited['metadata']).toEqual({ finalizers: ['c', 'b'] });
  });
  it('fails as upstream', () => {
    const withContainer = (container: object) => () =>
      applyStrategicPatch(base, { spec: { containers: [container] } }, 'Pod');
    expect(withContainer({ $patch: 'frob', name: 'c' })).toThrow(
      'unknown patch type: frob in map: map[$patch:frob name:c]',
    );
    expect(withContainer({ image: 'x' })).toThrow('map: map[image:x] does not contain declared merge key: name');
  });
  it('two ways: what it makes leads to the target', () => {
    const target = pod({
      containers: [
        { name: 'b', image: 'b:2' },
        { name: 'a', image: 'a:1', env: [{ name: 'Z', value: '1' }] },
      ],
    });
    const patch = createTwoWayPatch(base, target, 'Pod');
    expect(patch).toMatchObject({
      spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], nodeSelector: null },
    });
    expect(applyStrategicPatch(base, patch, 'Pod')).toEqual(target);
  });
  it('three ways: deletes only what was applied before', () => {
    const original = pod({
      containers: [{ name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] }],
      hostname: 'h',
    });
    const modified = pod({ containers: [{ name: 'a', image: 'a:2' }] });
    const current = pod({
      containers: [{ name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }], imagePullPolicy: 'Always' }],
      hostname: 'h',
      nodeName: 'n',
    });
    const patch = createThreeWayPatch(original, modified, current, 'Pod');
    expect(patch).toEqual({
      spec: {
        '$setElementOrder/containers': [{ name: 'a' }],
        containers: [{ name: 'a', image: 'a:2', env: null }],
        hostname: null,
      },
    });
    expect(applyStrategicPatch(current, patch, 'Pod')['spec']).toEqual({
      containers: [{ name: 'a', image: 'a:2', imagePullPolicy: 'Always' }],
      nodeName: 'n',
    });
    expect(createThreeWayPatch(modified, modified, { ...modified }, 'Pod')).toEqual({});
  });
});
