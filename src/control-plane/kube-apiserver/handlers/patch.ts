// Models apiserver/pkg/endpoints/handlers/patch.go.
import type { KubeObject } from '../../../api/types.gen.ts';
import type { FieldValidation } from '../../../api/decode-request.ts';
import type { RequestContext } from '../context.ts';
import type { ExpectedKind } from '../decode.ts';
import type { ServedResource, Server } from '../server.ts';
import { decode, DecodeError } from '../../../api/decode.ts';
import { scanJson } from '../../../api/json-scan.ts';
import { PatchError } from '../../../api/patch/directives.ts';
import { applyJsonPatch } from '../../../api/patch/json-patch.ts';
import { applyMergePatch } from '../../../api/patch/merge-patch.ts';
import { applyStrategicPatch } from '../../../api/patch/strategic.ts';
import { strictPatchProblems, strictProblems } from '../../../api/strict.ts';
import { badRequest, failure, plainError, quote, unsupportedMediaType } from '../../../api/status.ts';
import { withDefaults } from '../../../api/strategy/index.ts';
import { isObject } from '../../../lib/json.ts';
import { sortedKeys } from '../../../lib/order.ts';
import { member, withMetadata } from '../storage/objects.ts';
import { mediaTypeOf } from '../decode.ts';
import { writeOptions } from '../request-options.ts';
import { handleApply } from './apply.ts';
import { checkName, updateObject } from './update.ts';
import { inNamespace } from './create.ts';
import { respondForm } from './read.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';
const PATCH_TYPES = [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH];
/** What sub-resources with a type of their own take. */
const ACCEPTED = [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH];

export type Patcher = (current: KubeObject) => KubeObject;

export async function handlePatch(server: Server, ctx: RequestContext, resource: ServedResource): Promise<void> {
  if (mediaTypeOf(ctx.exchange.request.headers['content-type']) === APPLY_PATCH)
    return handleApply(server, ctx, resource);
  const { namespace, name, subresource } = ctx.info;
  const { patcher, dryRun } = readPatch(ctx, resource.kind);
  const outcome = await updateObject(server, ctx, resource, {
    namespace,
    name,
    subresource,
    dryRun,
    mayCreate: false,
    transform: (current) => {
      if (current === undefined) throw badRequest('nothing to patch');
      const patched = inNamespace(resource, namespace, patcher(current));
      checkName(patched, name);
      return withDefaults(resource.kind, patched);
    },
  });
  respondForm(server, ctx, resource, 200, resource.toServed(outcome.object));
}

/** The patch in the request, as a function from the current object. Throws ApiError. */
export function readPatch(
  ctx: RequestContext,
  kind: ExpectedKind,
): { readonly patcher: Patcher; readonly dryRun: boolean } {
  const { body, headers } = ctx.exchange.request;
  const type = mediaTypeOf(headers['content-type']);
  if (!PATCH_TYPES.includes(type)) throw failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  const options = writeOptions('PatchOptions', ctx.query, type);
  if (!ACCEPTED.includes(type)) throw unsupportedMediaType(ACCEPTED);
  const patch = parsePatch(type, body);
  const said = options.fieldValidation === 'Ignore' ? [] : problemsOfPatch(type, body, patch);
  return {
    patcher: (current) => applyPatch(ctx, kind, { type, patch, said }, current, options.fieldValidation),
    dryRun: options.dryRun,
  };
}

/** Only a strategic merge patch is read without saying so in its errors. */
function decodingError(type: string, problem: string): Error {
  return badRequest(type === STRATEGIC_PATCH ? problem : `error decoding patch: ${problem}`);
}

function parsePatch(type: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw decodingError(type, scanJson(body).error ?? 'unexpected end of JSON input');
  }
}

interface GivenPatch {
  readonly type: string;
  readonly patch: unknown;
  /** What strict decoding finds in the patch itself. */
  readonly said: readonly string[];
}

const OPERATION_MEMBERS = new Set(['op', 'path', 'from', 'value']);

function problemsOfPatch(type: string, body: string, patch: unknown): string[] {
  const { duplicates } = scanJson(body);
  if (type !== JSON_PATCH) return strictPatchProblems(duplicates, []);
  const operations: readonly unknown[] = Array.isArray(patch) ? patch : [];
  const unknown = operations.flatMap((operation, i) =>
    Object.keys(isObject(operation) ? operation : {})
      .filter((name) => !OPERATION_MEMBERS.has(name))
      .map((name) => `[${i}].${name}`),
  );
  return strictProblems(body, duplicates, unknown, 'json patch ');
}

function applyPatch(
  ctx: RequestContext,
  kind: ExpectedKind,
  { type, patch, said }: GivenPatch,
  current: KubeObject,
  validation: FieldValidation,
): KubeObject {
  // Who owns what is long, and seldom patched: left aside it need not be copied and compared.
  const { managedFields } = current.metadata;
  const aside = managedFields !== undefined && !ctx.exchange.request.body.includes('managedFields');
  const patched = patchedValue(
    kind,
    type,
    patch,
    aside ? withMetadata(current, { managedFields: undefined }) : current,
  );
  if (!isObject(patched)) throw badRequest('the patch makes no object');
  try {
    const { value, unknown } = decode(kind.type, patched);
    const problems = validation === 'Ignore' ? [] : [...said, ...strictPatchProblems([], unknown)];
    if (problems.length > 0 && validation === 'Strict')
      throw badRequest(`strict decoding error: ${problems.join(', ')}`);
    ctx.warnings.push(...problems);
    return { ...value, kind: current.kind, apiVersion: current.apiVersion } as unknown as KubeObject;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { metadata } = patched;
    const whole = aside && isObject(metadata) ? { ...patched, metadata: { ...metadata, managedFields } } : patched;
    throw unreadable(whole, error.message);
  }
}

function patchedValue(kind: ExpectedKind, type: string, patch: unknown, current: KubeObject): unknown {
  if (type === JSON_PATCH) {
    if (Array.isArray(patch)) return applyJsonPatch(current, patch);
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonTypeOf(patch)} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (!isObject(patch)) {
    throw decodingError(
      type,
      `json: cannot unmarshal ${jsonTypeOf(patch)} into Go value of type map[string]interface {}`,
    );
  }
  if (type === MERGE_PATCH) return applyMergePatch(current, patch);
  try {
    return applyStrategicPatch(current, patch, kind.type);
  } catch (error) {
    if (error instanceof PatchError) throw plainError(error.message);
    throw error;
  }
}

/** The outcome of a patch does not fit the type. */
function unreadable(patched: object, problem: string): Error {
  const shown = JSON.stringify(Object.fromEntries(sortedKeys(patched).map((key) => [key, member(patched, key)])));
  const message = `Invalid value: ${quote(shown)}: ${problem}`;
  return failure(422, 'Invalid', ` "" is invalid: patch: ${message}`, {
    causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
  });
}

function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
