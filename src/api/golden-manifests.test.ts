// Creates every recorded manifest whose kinds are served here and compares verdicts and defaulted objects.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { deepEqual, isObject, stableStringify } from '../lib/json.ts';
import { decodeBody } from './decode-request.ts';
import { allocate, inject } from './golden-admission.testing.ts';
import type { KubeObject } from './meta.ts';
import { kindOf } from './scheme.ts';
import { ApiError } from './status.ts';
import { prepareForCreate, validateCreate, withDefaults } from './strategy/index.ts';

const ROOT = new URL('../../../shared/reference/', import.meta.url);
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

/** Given anew at each recording, or by admission. */
function comparable(object: KubeObject): unknown {
  const copy = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
  const meta = copy['metadata'] as Record<string, unknown>;
  for (const key of ['uid', 'creationTimestamp', 'resourceVersion', 'managedFields', 'namespace']) delete meta[key];
  if (typeof meta['generateName'] === 'string') delete meta['name'];
  const spec = copy['spec'];
  if (isObject(spec)) {
    for (const key of ['clusterIP', 'clusterIPs', 'healthCheckNodePort', 'priority', 'preemptionPolicy'])
      delete spec[key];
    if (Array.isArray(spec['ports']))
      for (const port of spec['ports'] as Record<string, unknown>[]) delete port['nodePort'];
  }
  return JSON.parse(
    stableStringify(copy).replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-xxxxx'),
  ) as unknown;
}

function create(document: unknown): KubeObject | ApiError {
  const kind = kindOf(document as KubeObject);
  if (kind === undefined) throw new Error('not served');
  try {
    const { object } = decodeBody(JSON.stringify(document), kind, 'Strict');
    if (kind.namespaced) Object.assign(object.metadata, { namespace: object.metadata.namespace ?? 'v-man' });
    const generateName = object.metadata.generateName;
    if ((object.metadata.name ?? '') === '' && generateName !== undefined)
      Object.assign(object.metadata, { name: `${generateName}xxxxx` });
    const prepared = prepareForCreate(kind, inject(kind, withDefaults(kind, object)));
    return validateCreate(kind, prepared) ?? allocate(kind, prepared);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

function firstDifference(a: unknown, b: unknown, path = ''): string | undefined {
  if (deepEqual(a, b)) return undefined;
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = firstDifference(a[key], b[key], `${path}.${key}`);
      if (found !== undefined) return found;
    }
  }
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    for (let i = 0; i < a.length; i++) {
      const found = firstDifference(a[i], b[i], `${path}[${i}]`);
      if (found !== undefined) return found;
    }
  }
  return `${path}: want ${JSON.stringify(a)?.slice(0, 300)} have ${JSON.stringify(b)?.slice(0, 300)}`;
}

/** Rejected for what the cluster holds, or before the server sees it. */
const OTHER_REASONS =
  /namespaces "[^"]*" not found|no PriorityClass|RuntimeClass|no matches for kind|error parsing|resource mapping not found|is forbidden|already exists|error validating|provided IP/;

describe.skipIf(!existsSync(FILE))('recorded manifests', () => {
  it('get the same verdicts and defaults', () => {
    const rows = readFileSync(FILE, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    let verdicts = { right: 0, all: 0 };
    let objects = { right: 0, all: 0 };
    const wrong: string[] = [];
    for (const row of rows) {
      if (!row.docs.every(([apiVersion, kind]) => kindOf({ apiVersion, kind }) !== undefined) || row.docs.length === 0)
        continue;
      const source = new URL(`manifests/${row.path}`, ROOT);
      if (!existsSync(source)) continue;
      const verdict = row.withNamespaces?.create ?? row.create;
      if (verdict.exit !== 0 && OTHER_REASONS.test(verdict.stderr)) continue;
      const documents = parseAllDocuments(readFileSync(source, 'utf8'), { version: '1.1' })
        .map((document) => document.toJS() as unknown)
        .filter((document) => document !== null);
      const results = documents.map(create);
      const failures = results.filter((result) => result instanceof ApiError);
      const right = failures.length > 0 === (verdict.exit !== 0);
      verdicts = { right: verdicts.right + (right ? 1 : 0), all: verdicts.all + 1 };
      if (!right)
        wrong.push(
          `${row.path}: want exit ${verdict.exit} ${verdict.stderr.slice(0, 400)} have ${failures.map((failure) => (failure as ApiError).message).join('; ')}`,
        );
      results.forEach((result, i) => {
        const want = verdict.objects[i];
        if (result instanceof ApiError || want === undefined || failures.length > 0) return;
        const difference = firstDifference(comparable(want), comparable(result));
        objects = { right: objects.right + (difference === undefined ? 1 : 0), all: objects.all + 1 };
        if (difference !== undefined) wrong.push(`${row.path} ${result.kind} ${difference}`);
      });
    }
    console.log(
      `recorded manifests: verdicts ${verdicts.right}/${verdicts.all}, objects ${objects.right}/${objects.all}`,
    );
    if (process.env['SHOW'] !== undefined) console.log(wrong.join('\n'));
    expect(verdicts.right / verdicts.all).toBeGreaterThanOrEqual(0.9);
    expect(objects.right / objects.all).toBeGreaterThanOrEqual(0.9);
  });
});
