// Replays recorded faults against what is pure of the API: decoding, defaults, strategies, validation and patches.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isObject, stableStringify } from '../lib/json.ts';
import { decodeBody, decodeValue } from './decode-request.ts';
import type { FieldValidation } from './decode-request.ts';
import type { Kind } from './kind.ts';
import type { KubeObject } from './meta.ts';
import { applyJsonPatch } from './patch/json-patch.ts';
import { applyMergePatch } from './patch/merge-patch.ts';
import { applyStrategicPatch, PatchError } from './patch/strategic.ts';
import { kindOfResource } from './scheme.ts';
import { ApiError, badRequest, plainError, unsupportedMediaType } from './status.ts';
import {
  asInvalid,
  prepareForCreate,
  prepareForUpdate,
  validateCreate,
  validateUpdate,
  withDefaults,
} from './strategy/index.ts';
import type { Pod, Scale, Status } from './types.gen.ts';
import { validateEphemeralContainersUpdate, validatePodResize } from './validation/pod.ts';
import { validateScale } from './validation/workloads.ts';
import { admitUpdate, allocate, inject } from './golden-admission.testing.ts';

const FILE = new URL('../../../shared/reference/golden/errors.jsonl', import.meta.url);

interface Request {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body: unknown;
}

interface Row extends Request {
  readonly name: string;
  readonly status: number;
  readonly response: Status;
  readonly accepted: boolean;
  readonly before?: readonly Request[];
}

/** Told by parts that keep state or talk: admission, allocators, storage, field managers. */
const ELSEWHERE =
  /priorityClass missing|runtimeClass missing|nodePort out of range|clusterIP out of range|already allocated|quota:|limitrange:|podsecurity:|: exists|already exists|(PUT to|GET) missing|namespace missing|wrong uid|ssa |apply without|binding|eviction|token:|^LIST|^DELETE|delete kube-system|unsupported patch type|live: priority/;

interface Target {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly validation: FieldValidation;
}

function parsePath(path: string): Target | undefined {
  const url = new URL(path, 'http://h');
  const match =
    /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      url.pathname,
    );
  if (match === null) return undefined;
  const [, group = '', version = '', namespace, plural = '', name, subresource] = match;
  const kind = kindOfResource(group, version, plural);
  const validation = (url.searchParams.get('fieldValidation') ?? 'Warn') as FieldValidation;
  return kind === undefined ? undefined : { kind, namespace, name, subresource, validation };
}

function create(target: Target, body: unknown): KubeObject {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const { object } = decodeBody(text, target.kind, target.validation);
  const named = inNamespace(object, target.namespace);
  if ((named.metadata.name ?? '') === '' && named.metadata.generateName !== undefined) {
    Object.assign(named.metadata, { name: `${named.metadata.generateName}5t7hh` });
  }
  const prepared = prepareForCreate(target.kind, inject(target.kind, withDefaults(target.kind, named)));
  const problem = validateCreate(target.kind, prepared);
  if (problem !== undefined) throw problem;
  return {
    ...allocate(target.kind, prepared),
    metadata: { ...prepared.metadata, uid: 'u-1', resourceVersion: '7', creationTimestamp: '2026-11-22T14:00:00Z' },
  };
}

function inNamespace(object: KubeObject, namespace: string | undefined): KubeObject {
  if (namespace === undefined) return object;
  const given = object.metadata.namespace ?? namespace;
  if (given !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  return { ...object, metadata: { ...object.metadata, namespace } };
}

function update(target: Target, body: KubeObject, old: KubeObject): void {
  const { kind, name } = target;
  const object = inNamespace(body, target.namespace);
  if (object.metadata.name !== name) {
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${name ?? ''})`,
    );
  }
  const versioned = {
    ...object,
    metadata: { ...object.metadata, resourceVersion: object.metadata.resourceVersion ?? '7' },
  };
  const prepared = prepareForUpdate(kind, admitUpdate(kind, withDefaults(kind, versioned)), old);
  const problem =
    target.subresource === 'resize'
      ? asInvalid(kind, prepared, validatePodResize(prepared as Pod, old as Pod))
      : target.subresource === 'ephemeralcontainers'
        ? asInvalid(kind, prepared, validateEphemeralContainersUpdate(prepared as Pod, old as Pod))
        : validateUpdate(kind, prepared, old);
  if (problem !== undefined) throw problem;
}

function patch(target: Target, request: Request, old: KubeObject): void {
  const type = request.contentType ?? '';
  if (target.subresource === 'scale') {
    const scale = { metadata: old.metadata, spec: (request.body as { spec: object }).spec } as unknown as Scale;
    const problem = asInvalid({ group: 'autoscaling', kind: 'Scale' }, scale, validateScale(scale));
    if (problem !== undefined) throw problem;
    return;
  }
  const patched = patchedBy(type, target, request.body, old);
  if (!isObject(patched)) throw badRequest('not an object');
  update(target, decodeValue(patched, target.kind).object, old);
}

function patchedBy(type: string, target: Target, body: unknown, old: KubeObject): unknown {
  if (type.startsWith('application/json-patch+json')) return applyJsonPatch(old, body);
  if (type.startsWith('application/merge-patch+json')) return applyMergePatch(old, body);
  if (!type.startsWith('application/strategic-merge-patch+json')) throw unsupportedMediaType([]);
  try {
    return applyStrategicPatch(old, body as Record<string, unknown>, target.kind.type);
  } catch (error) {
    throw error instanceof PatchError ? plainError(error.message) : error;
  }
}

function replay(row: Row, target: Target): Status {
  try {
    if (row.method === 'POST') create(target, row.body);
    else {
      const [first] = row.before ?? [];
      const origin = first === undefined ? undefined : parsePath(first.path);
      if (first === undefined || origin === undefined) throw new Error('nothing to change');
      const old = create(origin, first.body);
      if (row.method === 'PUT')
        update(target, decodeBody(JSON.stringify(row.body), target.kind, target.validation).object, old);
      else patch(target, row, old);
    }
    return { code: 200 };
  } catch (error) {
    if (error instanceof ApiError) return error.status;
    throw error;
  }
}

function normalize(message: string | undefined): string {
  return (message ?? '')
    .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-xxxxx')
    .replaceAll(/10\.\d+\.\d+\.\d+/g, '10.x');
}

function isRight(row: Row, status: Status): boolean {
  if (row.accepted) return (status.code ?? 0) < 300;
  const { response } = row;
  return (
    status.code === response.code &&
    (status.reason ?? '') === (response.reason ?? '') &&
    normalize(status.message) === normalize(response.message) &&
    normalize(stableStringify(status.details)) === normalize(stableStringify(response.details))
  );
}

describe.skipIf(!existsSync(FILE))('recorded faults', () => {
  it('are answered in the same words', () => {
    const rows = readFileSync(FILE, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    const tally = new Map<string, { right: number; all: number }>();
    const wrong: string[] = [];
    for (const row of rows) {
      const target = parsePath(row.path);
      if (target === undefined || ELSEWHERE.test(row.name)) continue;
      const status = replay(row, target);
      const right = isRight(row, status);
      const area = row.name.split(':')[0] ?? '';
      const score = tally.get(area) ?? { right: 0, all: 0 };
      tally.set(area, { right: score.right + (right ? 1 : 0), all: score.all + 1 });
      if (!right)
        wrong.push(
          `${row.name}\n  want ${row.status} ${row.accepted ? 'accepted' : normalize(row.response.message)}\n  have ${status.code ?? 0} ${normalize(status.message)}\n  want ${stableStringify(row.response.details)}\n  have ${stableStringify(status.details)}`,
        );
    }
    const totals = [...tally.values()].reduce(
      (sum, { right, all }) => ({ right: sum.right + right, all: sum.all + all }),
      { right: 0, all: 0 },
    );
    const lines = [...tally].map(([area, { right, all }]) => `${area}: ${right}/${all}`);
    console.log(`recorded faults: ${totals.right}/${totals.all}\n${lines.join(', ')}`);
    if (process.env['SHOW'] !== undefined) console.log(wrong.join('\n'));
    expect(totals.right / totals.all).toBeGreaterThanOrEqual(0.85);
  });
});
