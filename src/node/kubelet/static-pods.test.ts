import { expect, test } from 'vitest';
import type { Pod } from '../../api/types.gen.ts';
import type { Env } from '../../sim/env.ts';
import { StaticPods } from './static-pods.ts';

const DIRECTORY = '/etc/kubernetes/manifests';

/** What a kubelet makes of a directory with this one file, and what it prints. */
function look(text: string): { pods: Pod[]; printed: string } {
  const pods: Pod[] = [];
  let printed = '';
  const path = `${DIRECTORY}/web.yaml`;
  const env: Partial<Env> = {
    now: () => 0,
    after: () => () => undefined,
    print: (more) => void (printed += more),
    disk: { list: () => [path], read: () => text } as unknown as Env['disk'],
  };
  new StaticPods(env as Env, DIRECTORY, 'node').start({ set: (pod) => pods.push(pod), remove: () => undefined });
  return { pods, printed };
}

const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers: [] } };

test('a manifest is YAML or JSON', () => {
  expect(look(JSON.stringify(manifest)).pods[0]?.metadata.name).toBe('web-node');
  expect(look('kind: Pod\nmetadata: {name: web}\nspec: {containers: []}\n').pods[0]?.metadata.name).toBe('web-node');
});

test('what begins as JSON and is not gets an error without words of the engine', () => {
  const { pods, printed } = look('{"kind": Pod}');
  expect(pods).toEqual([]);
  expect(printed).toBe(
    `Could not process manifest file "${DIRECTORY}/web.yaml": invalid character 'P' looking for beginning of value\n`,
  );
});
