// What strategic merge patches have beside data, and how lists are put in order. Models apimachinery strategicpatch.
import { isObject } from '../../lib/json.ts';
import type { Field, Shape } from '../schema.ts';
import { fieldOf } from '../schema.ts';
import { goValue } from './go-value.ts';

export const DIRECTIVE = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const DELETE_FROM_LIST = '$deleteFromPrimitiveList';
export const SET_ORDER = '$setElementOrder';

export type Doc = Record<string, unknown>;

/** A patch that cannot be understood; the message is upstream's. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

/** What the schema says of a member: how it merges and what it holds. A map's values are described by the map. */
export interface Member {
  readonly merge: boolean;
  readonly replace: boolean;
  readonly retainKeys: boolean;
  readonly mergeKey: string;
  /** The type of the struct, or of the list's elements; undefined below maps, scalars and free-form values. */
  readonly type: string | undefined;
}

const PLAIN: Member = { merge: false, replace: false, retainKeys: false, mergeKey: '', type: undefined };

/** Throws for a field that the type does not have, as upstream. */
export function memberOf(type: string | undefined, name: string): Member {
  if (type === undefined) return PLAIN;
  const field: Field | undefined = fieldOf(type, name);
  if (field === undefined)
    throw new PatchError(`unable to find api field in struct ${type} for the json field "${name}"`);
  return {
    merge: field.patchStrategies.includes('merge'),
    replace: field.patchStrategies.includes('replace'),
    retainKeys: field.patchStrategies.includes('retainKeys'),
    mergeKey: field.patchMergeKey ?? '',
    type: structOf(field.shape),
  };
}

function structOf(shape: Shape): string | undefined {
  if (shape.form === 'struct') return shape.type;
  return shape.form === 'list' ? structOf(shape.of) : undefined;
}

export function keyOfItem(item: unknown, mergeKey: string): unknown {
  if (mergeKey === '') return item;
  if (!isObject(item) || item[mergeKey] === undefined) {
    throw new PatchError(`map: ${goValue(item)} does not contain declared merge key: ${mergeKey}`);
  }
  return item[mergeKey];
}

export function indexOfItem(list: readonly unknown[], item: unknown, mergeKey: string): number {
  const key = keyOfItem(item, mergeKey);
  return list.findIndex((candidate) => keyOfItem(candidate, mergeKey) === key);
}

/** Sorted as in `order`; what is not there keeps its place among its like, deletions go last. */
export function sortLike(items: readonly unknown[], order: readonly unknown[], mergeKey: string): unknown[] {
  const rest = items.filter((item) => !isDeletion(item));
  const position = (item: unknown): number => indexOfItem(order, item, mergeKey);
  const known = rest.filter((item) => position(item) >= 0).sort((a, b) => position(a) - position(b));
  const unknown = rest.filter((item) => position(item) < 0);
  return [...unknown, ...known, ...items.filter(isDeletion)];
}

export function isDeletion(item: unknown): boolean {
  return isObject(item) && item[DIRECTIVE] === 'delete';
}

/** Patch items in the patch's order, the server's own items let in where the live list had them. */
export function normalizeOrder(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string,
): unknown[] {
  const inPatch = (item: unknown): boolean => indexOfItem(patchOrder, item, mergeKey) >= 0;
  const right = sortLike(merged.filter(inPatch), patchOrder, mergeKey);
  const left = sortLike(
    merged.filter((item) => !inPatch(item)),
    serverOrder,
    mergeKey,
  );
  const result: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const a = indexOfItem(serverOrder, left[i], mergeKey);
    const b = indexOfItem(serverOrder, right[j], mergeKey);
    result.push(a >= 0 && b >= 0 && a < b ? left[i++] : right[j++]);
  }
  return [...result, ...left.slice(i), ...right.slice(j)];
}
