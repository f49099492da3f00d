import type { GroupVersionKind } from './meta.ts';
import type { FieldSelectorView, Kind } from './kind.ts';
import { KINDS } from './kinds/index.ts';

export type { Kind, Subresource, Verb } from './kind.ts';
export { groupKind, groupResource } from './group-names.ts';
export { KINDS };

const byApiVersionAndKind = new Map(KINDS.map((kind) => [`${apiVersionOf(kind)}/${kind.kind}`, kind]));
const byApiVersionAndPlural = new Map(KINDS.map((kind) => [`${apiVersionOf(kind)}/${kind.plural}`, kind]));

/** `v1` for the core group, `apps/v1` for others. */
export function apiVersionOf(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function gvkOf(object: { readonly apiVersion: string; readonly kind: string }): GroupVersionKind {
  return { ...parseApiVersion(object.apiVersion), kind: object.kind };
}

/** Finds a kind by what an object says of itself. */
export function kindOf(object: { readonly apiVersion?: string; readonly kind?: string }): Kind | undefined {
  return byApiVersionAndKind.get(`${object.apiVersion ?? ''}/${object.kind ?? ''}`);
}

/** Finds a kind by its place in a URL. */
export function kindOfResource(group: string, version: string, plural: string): Kind | undefined {
  return byApiVersionAndPlural.get(`${apiVersionOf({ group, version })}/${plural}`);
}

/** The object's key in etcd. */
export function keyOf(kind: Kind, namespace: string | undefined, name: string): string {
  return kind.namespaced ? `${kind.storagePrefix}${namespace ?? ''}/${name}` : `${kind.storagePrefix}${name}`;
}

/** The prefix under which all objects of a kind, or of one namespace, live in etcd. */
export function prefixOf(kind: Kind, namespace?: string): string {
  return kind.namespaced && namespace !== undefined && namespace !== ''
    ? `${kind.storagePrefix}${namespace}/`
    : kind.storagePrefix;
}

/** `/api/v1/namespaces/default/pods/web-0/log`. */
export function pathOf(kind: Kind, namespace?: string, name?: string, subresource?: string): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const parts = [root];
  if (kind.namespaced && namespace !== undefined && namespace !== '') parts.push('namespaces', namespace);
  parts.push(kind.plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join('/');
}

/** What this object has for a field that a selector names. */
export function selectableFieldOf(kind: Kind, object: FieldSelectorView, field: string): string {
  if (field === 'metadata.name') return object.metadata.name;
  if (field === 'metadata.namespace') return kind.namespaced ? (object.metadata.namespace ?? '') : '';
  return kind.selectableFields.includes(field) ? valueAt(object, field) : '';
}

function valueAt(object: object, path: string): string {
  let value: unknown = object;
  for (const part of aliasOf(path).split('.')) value = (value as Readonly<Record<string, unknown>> | undefined)?.[part];
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  return typeof value === 'string'
    ? value
    : path === 'spec.unschedulable' || path === 'spec.hostNetwork'
      ? 'false'
      : '';
}

/** Two selectable names are not paths of their own: an event's `source`, and a pod's `status.podIPs`. */
function aliasOf(path: string): string {
  return path === 'source' ? 'source.component' : path;
}
