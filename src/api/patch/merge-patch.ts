// RFC 7386.
import { deepClone, deepEqual, isObject, setOwn } from '../../lib/json.ts';

export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return deepClone(patch);
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setOwn(result, key, applyMergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}

/** The merge patch that turns one document into another. */
export function createMergePatch(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) setOwn(patch, key, null);
  for (const [key, value] of Object.entries(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    if (deepEqual(before, value)) continue;
    setOwn(patch, key, isObject(before) && isObject(value) ? createMergePatch(before, value) : deepClone(value));
  }
  return patch;
}

/** As kubectl apply does it for kinds without a schema: additions and changes from what is live, deletions from what was applied. */
export function createThreeWayMergePatch(
  original: Readonly<Record<string, unknown>>,
  modified: Readonly<Record<string, unknown>>,
  current: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key)) setOwn(patch, key, null);
  for (const [key, value] of Object.entries(modified)) {
    const live = Object.hasOwn(current, key) ? current[key] : undefined;
    const before = Object.hasOwn(original, key) ? original[key] : undefined;
    if (isObject(value) && isObject(live)) {
      const nested = createThreeWayMergePatch(isObject(before) ? before : {}, value, live);
      if (Object.keys(nested).length > 0) setOwn(patch, key, nested);
    } else if (!deepEqual(live, value)) setOwn(patch, key, deepClone(value));
  }
  return patch;
}
