// How a value is taken apart into owned fields. Models structured-merge-diff/typed's walk by schema.
import { stableStringify, isObject } from '../../lib/json.ts';
import { sortedStrings } from '../../lib/order.ts';
import type { Field, Shape } from '../schema.ts';
import { fieldOf, fieldsOf } from '../schema.ts';

/** A value's form as far as ownership goes. */
export type Structure =
  | { readonly form: 'leaf'; readonly shape: Shape }
  | { readonly form: 'struct'; readonly type: string }
  | { readonly form: 'map'; readonly of: Structure }
  | { readonly form: 'set' }
  | { readonly form: 'list-map'; readonly keys: readonly string[]; readonly of: Structure };

/** Structs that change as a whole (`x-kubernetes-map-type: atomic` on the type). */
const ATOMIC_TYPES: ReadonlySet<string> = new Set([
  'ConfigMapKeySelector',
  'CrossVersionObjectReference',
  'DiscoveryEndpointPort',
  'EndpointAddress',
  'EndpointPort',
  'FileKeySelector',
  'LabelSelector',
  'LocalObjectReference',
  'NodeSelector',
  'NodeSelectorTerm',
  'ObjectFieldSelector',
  'ObjectReference',
  'OwnerReference',
  'ResourceFieldSelector',
  'ScopeSelector',
  'SecretKeySelector',
  'SecretReference',
  'TypedLocalObjectReference',
]);

/** What a list item's key is when the item leaves it out: the schema's default. */
const KEY_DEFAULTS: Readonly<Record<string, string>> = { protocol: 'TCP' };

const known = new WeakMap<Field, Structure>();

export function structureOf(field: Field): Structure {
  let structure = known.get(field);
  if (structure === undefined) known.set(field, (structure = classify(field)));
  return structure;
}

/** Of a member of a struct; undefined: the schema has none of this name. */
export function memberOf(type: string, name: string): Structure | undefined {
  const field = fieldOf(type, name);
  return field === undefined ? undefined : structureOf(field);
}

function classify(field: Field): Structure {
  const { shape, listType, listMapKeys } = field;
  if (field.atomicMap) return { form: 'leaf', shape };
  if (shape.form !== 'list') return ofShape(shape);
  if (listType === 'set') return { form: 'set' };
  if (listType !== 'map') return { form: 'leaf', shape };
  return { form: 'list-map', keys: sortedStrings(listMapKeys), of: ofShape(shape.of) };
}

function ofShape(shape: Shape): Structure {
  if (shape.form === 'struct') {
    return ATOMIC_TYPES.has(shape.type) ? { form: 'leaf', shape } : { form: 'struct', type: shape.type };
  }
  return shape.form === 'map' ? { form: 'map', of: ofShape(shape.of) } : { form: 'leaf', shape };
}

/** A list item's place: by its keys, or by itself in a set. */
export function elementOf(structure: Structure, item: unknown): string {
  if (structure.form !== 'list-map') return `v:${stableStringify(item)}`;
  const keys: Record<string, unknown> = {};
  for (const key of structure.keys) keys[key] = (isObject(item) ? item[key] : undefined) ?? KEY_DEFAULTS[key] ?? null;
  return `k:${JSON.stringify(keys)}`;
}

/** The structure below a list's items. */
export function itemOf(structure: Structure): Structure {
  return structure.form === 'list-map' ? structure.of : { form: 'leaf', shape: { form: 'string' } };
}

/** Lists, maps and pointers that Go writes as null where they are not set: never absent. */
export function isAlwaysThere(type: string, name: string): boolean {
  const field = fieldsOf(type).get(name);
  return field?.required === true && (field.shape.form === 'list' || field.shape.form === 'map');
}
