// Creates every recorded manifest whose kinds are served, through the whole request path, and compares the answers.
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ServedKinds } from '../../api/golden-kinds.testing.ts';
import { judge, report, type Answer } from '../../api/golden-scores.testing.ts';
import type { KubeObject } from '../../api/types.gen.ts';
import { kindOf, pathOf } from '../../api/scheme.ts';
import { deepEqual, isObject, stableStringify } from '../../lib/json.ts';
import type { Harness, Parsed } from './harness.testing.ts';
import { createHarness, servedByHarness } from './harness.testing.ts';

const ROOT = new URL('../../../../shared/reference/', import.meta.url);
const FILE = new URL('golden/manifests.jsonl', ROOT);

interface Verdict {
  readonly exit: number;
  readonly objects: readonly KubeObject[];
  readonly stderr: string;
}

interface Row {
  readonly path: string;
  readonly docs: readonly (readonly [string, string])[];
  readonly create: Verdict;
  readonly withNamespaces?: { readonly create?: Verdict };
}

async function prepared(namespaces: Iterable<string>): Promise<Harness> {
  const harness = await createHarness();
  for (const name of namespaces) {
    await harness.call('POST', '/api/v1/namespaces', { metadata: { name } });
    await harness.call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } });
  }
  return harness;
}

/** What a clock, a random source or an allocator chose. */
function comparable(object: unknown): unknown {
  if (!isObject(object) || !isObject(object['metadata'])) return object;
  const { uid: _, creationTimestamp: __, resourceVersion: ___, managedFields: ____, ...metadata } = object['metadata'];
  if (typeof metadata['generateName'] === 'string') delete metadata['name'];
  const text = stableStringify({ ...object, metadata })
    .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-xxxxx')
    .replaceAll(/"10\.(9[6-9]|10\d|11[01])\.\d+\.\d+"/g, '"SERVICE-IP"')
    .replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/g, '"TIME"')
    .replaceAll(/"nodePort":\d+/g, '"nodePort":0')
    .replaceAll(/"healthCheckNodePort":\d+/g, '"healthCheckNodePort":0');
  return JSON.parse(text);
}

async function post(harness: Harness, document: KubeObject): Promise<{ status: number; body: Parsed }> {
  const kind = kindOf(document);
  if (kind === undefined) throw new Error('not served');
  const namespace = kind.namespaced ? (document.metadata?.namespace ?? 'v-man') : undefined;
  return harness.call('POST', `${pathOf(kind, namespace)}?dryRun=All&fieldValidation=Strict`, document);
}

/** The documents of a manifest; undefined: no client can read it. */
function documentsOf(source: string): readonly KubeObject[] | undefined {
  try {
    return parseAllDocuments(source, { version: '1.1' })
      .map((document) => document.toJS() as KubeObject | null)
      .filter((document) => document !== null);
  } catch {
    return undefined;
  }
}

interface Outcome {
  /** Undefined: everything was accepted. */
  readonly refusal: string | undefined;
  readonly made: readonly unknown[];
}

/** What becomes of a manifest: clients refuse what they cannot read and kinds that nobody serves. */
async function outcomeOf(source: string, accepted: boolean): Promise<Outcome> {
  const documents = documentsOf(source);
  if (documents === undefined || documents.length === 0) return { refusal: 'no objects', made: [] };
  const named = accepted ? documents.map((each) => each.metadata?.namespace ?? 'v-man') : ['v-man', 'default'];
  const harness = await prepared(new Set(named));
  const refusals: string[] = [];
  const made: unknown[] = [];
  for (const document of documents) {
    if (kindOf(document) === undefined) {
      refusals.push(`no matches for kind "${document.kind}"`);
      continue;
    }
    const { status, body } = await post(harness, document);
    if (status < 300) made.push(comparable(body));
    else refusals.push(body.message);
  }
  return { refusal: refusals.length === 0 ? undefined : refusals.join('; '), made };
}

describe.skipIf(!existsSync(FILE))('recorded manifests', () => {
  it('get the same verdicts and become the same objects', async () => {
    const rows = readFileSync(FILE, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row)
      .filter(({ path }) => existsSync(new URL(`manifests/${path}`, ROOT)));
    const kinds = await servedByHarness(await createHarness());
    const [verdicts, objects]: [Answer[], Answer[]] = [[], []];
    const wrong: string[] = [];
    for (const { path, docs, create, withNamespaces } of rows) {
      const verdict = withNamespaces?.create ?? create;
      const ofDocuments = docs.map(([apiVersion, kind]) => kinds.missing(apiVersion, kind));
      const missing = ofDocuments.find((kind) => kind !== undefined) ?? missingInCluster(verdict, kinds);
      const add = (to: Answer[], exact: boolean): void => void to.push({ exact, exactOnBuilt: exact, missing });
      if (missing !== undefined) {
        add(verdicts, false);
        for (const _ of verdict.objects) add(objects, false);
        continue;
      }
      const source = readFileSync(new URL(`manifests/${path}`, ROOT), 'utf8');
      const { refusal, made } = await outcomeOf(source, verdict.exit === 0);
      const right = (refusal === undefined) === (verdict.exit === 0);
      add(verdicts, right);
      if (!right) wrong.push(`${path}: ${verdict.exit} ${verdict.stderr.slice(0, 300)} | ${refusal ?? 'accepted'}`);
      for (const [i, object] of verdict.objects.map(comparable).entries()) {
        const equal = deepEqual(object, made[i]);
        add(objects, equal);
        if (!equal) wrong.push(`${path}:\n  ours   ${stableStringify(made[i])}\n  theirs ${stableStringify(object)}`);
      }
    }
    report('manifests', wrong);
    judge('manifests', 'verdicts', verdicts);
    judge('manifests', 'objects', objects);
  }, 120_000);
});

/** A kind that the refusal is about: it cannot be there. */
function missingInCluster({ stderr }: Verdict, kinds: ServedKinds): string | undefined {
  return /RuntimeClass/.test(stderr) ? kinds.missing('node.k8s.io/v1', 'RuntimeClass') : undefined;
}
