// RFC 6902, with the failures of evanphx/json-patch in the words that the API server hands on.
import { applyPatch as applyOperations } from 'rfc6902';
import type { Operation } from 'rfc6902';
import { deepClone, isObject } from '../../lib/json.ts';
import { badRequest, failure, requestEntityTooLarge } from '../status.ts';

/** Models apiserver's maxJSONPatchOperations. */
const MAX_OPERATIONS = 10_000;
const KNOWN = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

/** Throws ApiError; the document given is left as it is. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    const found = isObject(patch)
      ? 'object'
      : patch === null
        ? 'null'
        : typeof patch === 'boolean'
          ? 'bool'
          : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${found} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (patch.length > MAX_OPERATIONS) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  const result = { root: deepClone(document) };
  for (const operation of patch) applyOne(result, operation);
  return result.root;
}

function applyOne(holder: { root: unknown }, operation: unknown): void {
  if (!isOperation(operation) || !KNOWN.has(operation.op)) throw unprocessable();
  const prefixed = { ...operation, path: `/root${operation.path}` } as unknown as Record<string, unknown>;
  if (typeof prefixed['from'] === 'string') prefixed['from'] = `/root${prefixed['from']}`;
  if (operation.op === 'add' && operation.path !== '' && isMissingParent(holder.root, operation.path))
    throw unprocessable();
  const [problem] = applyOperations(holder, [prefixed as unknown as Operation]);
  if (problem !== null && problem !== undefined) throw unprocessable();
}

function isOperation(value: unknown): value is { op: string; path: string } {
  return isObject(value) && typeof value['op'] === 'string' && typeof value['path'] === 'string';
}

function isMissingParent(root: unknown, path: string): boolean {
  let at = root;
  for (const part of path.split('/').slice(1, -1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    at = Array.isArray(at) ? at[Number(key)] : isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return typeof at !== 'object' || at === null;
}

/** A patch that cannot be applied: upstream has one text for all such failures. */
function unprocessable(): Error {
  return failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}
