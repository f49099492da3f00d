import type { Json, JsonObject, MutableJsonObject } from '../../lib/json.ts';
import { deepClone, isObject, setOwn } from '../../lib/json.ts';
import type { Obj } from './server.ts';

/** Reading and rewriting objects of unknown kind. */
export function at(value: unknown, ...path: readonly (string | number)[]): Json | undefined {
  let current: unknown = value;
  for (const step of path) {
    if (Array.isArray(current)) current = current[Number(step)];
    else if (isObject(current) && Object.hasOwn(current, String(step))) current = current[String(step)];
    else return undefined;
  }
  return current as Json | undefined;
}

export function str(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === 'string'
    ? found
    : typeof found === 'number' || typeof found === 'boolean'
      ? String(found)
      : '';
}

export function num(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function bool(value: unknown, ...path: readonly (string | number)[]): boolean {
  return at(value, ...path) === true;
}

export function list(value: unknown, ...path: readonly (string | number)[]): readonly JsonObject[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly JsonObject[]) : [];
}

export function strings(value: unknown, ...path: readonly (string | number)[]): readonly string[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.map(String) : [];
}

export function record(value: unknown, ...path: readonly (string | number)[]): JsonObject {
  const found = at(value, ...path);
  return isObject(found) ? (found as JsonObject) : {};
}

export function stringMap(value: unknown, ...path: readonly (string | number)[]): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const [key, each] of Object.entries(record(value, ...path))) setOwn(result, key, String(each));
  return result;
}

export function nameOf(object: Obj): string {
  return str(object, 'metadata', 'name');
}
export function namespaceOf(object: Obj): string {
  return str(object, 'metadata', 'namespace');
}
export function labelsOf(object: Obj): Readonly<Record<string, string>> {
  return stringMap(object, 'metadata', 'labels');
}
export function annotationsOf(object: Obj): Readonly<Record<string, string>> {
  return stringMap(object, 'metadata', 'annotations');
}

/** A copy with the value at `path` replaced, or taken away when undefined. */
export function withValue(object: Obj, path: readonly string[], value: unknown): Obj {
  const copy = deepClone(object) as MutableJsonObject;
  let current: MutableJsonObject = copy;
  for (const step of path.slice(0, -1)) {
    const next = current[step];
    if (isObject(next)) current = next as MutableJsonObject;
    else {
      const fresh: MutableJsonObject = {};
      setOwn(current, step, fresh);
      current = fresh;
    }
  }
  const last = path.at(-1) ?? '';
  if (value === undefined) delete current[last];
  else setOwn(current, last, value);
  return copy;
}

export function withoutManagedFields(object: Obj): Obj {
  return at(object, 'metadata', 'managedFields') === undefined
    ? object
    : withValue(object, ['metadata', 'managedFields'], undefined);
}

export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

export function splitApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}
