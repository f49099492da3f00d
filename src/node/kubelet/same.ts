import { deepEqual, isObject } from '../../lib/json.ts';

/** Equal as the API stores it: a member that is null says the same as none. */
export function sameData(a: unknown, b: unknown): boolean {
  return deepEqual(withoutNulls(a), withoutNulls(b));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, withoutNulls(member)]),
  );
}
