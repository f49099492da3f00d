// Creates every recorded manifest whose kinds are served, through the whole request path, and compares the answers.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../api/types.gen.ts';
import { kindOf, pathOf } from '../../api/scheme.ts';
import { deepEqual, isObject, stableStringify } from '../../lib/json.ts';
import type { Harness, Parsed } from './harness.testing.ts';
import { createHarness } from './harness.testing.ts';

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

/** kubectl's own doing, or objects of kinds not served. */
const ELSEWHERE =
  /no matches for kind|error parsing|resource mapping not found|error validating|RuntimeClass|unable to decode|must specify/;

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

describe.skipIf(!existsSync(FILE))('recorded manifests', () => {
  it('get the same verdicts and become the same objects', async () => {
    const rows = readFileSync(FILE, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row)
      .filter(({ docs, path }) => docs.length > 0 && existsSync(new URL(`manifests/${path}`, ROOT)))
      .filter(({ docs }) => docs.every(([apiVersion, kind]) => kindOf({ apiVersion, kind }) !== undefined));
    const score = { verdicts: 0, rows: 0, equal: 0, objects: 0 };
    const wrong: string[] = [];
    for (const row of rows) {
      const verdict = row.withNamespaces?.create ?? row.create;
      if (verdict.exit !== 0 && ELSEWHERE.test(verdict.stderr)) continue;
      const source = readFileSync(new URL(`manifests/${row.path}`, ROOT), 'utf8');
      const documents = parseAllDocuments(source, { version: '1.1' })
        .map((document) => document.toJS() as KubeObject | null)
        .filter((document) => document !== null);
      const named =
        verdict.exit === 0 ? documents.map((each) => each.metadata?.namespace ?? 'v-man') : ['v-man', 'default'];
      const harness = await prepared(new Set(named));
      const answers = [];
      for (const document of documents) answers.push(await post(harness, document));
      const refused = answers.filter(({ status }) => status >= 300);
      score.rows++;
      if (refused.length > 0 === (verdict.exit !== 0)) score.verdicts++;
      else
        wrong.push(
          `${row.path}: ${verdict.exit} ${verdict.stderr.slice(0, 300)} | ${refused.map(({ body }) => body.message).join('; ')}`,
        );
      const made = answers.filter(({ status }) => status < 300).map(({ body }) => comparable(body));
      for (const [i, object] of verdict.objects.map(comparable).entries()) {
        score.objects++;
        if (deepEqual(object, made[i])) score.equal++;
        else wrong.push(`${row.path}:\n  ours   ${stableStringify(made[i])}\n  theirs ${stableStringify(object)}`);
      }
    }
    console.log(
      `manifests: ${score.verdicts} of ${score.rows} verdicts, ${score.equal} of ${score.objects} objects\n${wrong.join('\n')}`,
    );
    expect(score.verdicts / score.rows).toBeGreaterThan(0.95);
    expect(score.equal / score.objects).toBeGreaterThan(0.9);
  }, 60_000);
});
