// Making strategic merge patches. Models apimachinery/pkg/util/strategicpatch diffMaps and CreateThreeWayMergePatch.
import { deepClone, deepEqual, isObject, setOwn } from '../../lib/json.ts';
import { compareStrings, sortedKeys } from '../../lib/order.ts';
import type { Doc, Member } from './directives.ts';
import {
  DELETE_FROM_LIST,
  DIRECTIVE,
  indexOfItem,
  keyOfItem,
  memberOf,
  RETAIN_KEYS,
  SET_ORDER,
  sortLike,
} from './directives.ts';
import { mergeDocs } from './strategic.ts';

interface DiffOptions {
  readonly deletions: boolean;
  readonly changes: boolean;
  readonly retainKeys: boolean;
}

/** The patch that turns `original` into `modified`. */
export function createTwoWayPatch(original: Readonly<Doc>, modified: Readonly<Doc>, type: string): Doc {
  return deepClone(diffDocs(original, modified, type, { deletions: true, changes: true, retainKeys: false }));
}

/**
 * What kubectl apply sends: additions and changes between what is live and what is wanted, deletions between what was
 * applied last and what is wanted.
 */
export function createThreeWayPatch(
  original: Readonly<Doc>,
  modified: Readonly<Doc>,
  current: Readonly<Doc>,
  type: string,
): Doc {
  const delta = diffDocs(current, modified, type, { deletions: false, changes: true, retainKeys: false });
  const deletions = diffDocs(original, modified, type, { deletions: true, changes: false, retainKeys: false });
  return mergeDocs(deepClone(deletions), deepClone(delta), type, 'combine');
}

function diffDocs(
  original: Readonly<Doc>,
  modified: Readonly<Doc>,
  type: string | undefined,
  options: DiffOptions,
): Doc {
  const patch: Doc = {};
  for (const key of sortedKeys(modified)) {
    const value = modified[key];
    if (!Object.hasOwn(original, key)) {
      if (options.changes) setOwn(patch, key, value);
    } else diffMember(patch, key, original[key], value, type, options);
  }
  if (options.deletions) {
    for (const key of sortedKeys(original)) if (!Object.hasOwn(modified, key)) setOwn(patch, key, null);
  }
  if (options.retainKeys) {
    const keys = sortedKeys(modified).filter((key) => modified[key] !== null);
    const extra = Object.keys(original).some((key) => !Object.hasOwn(modified, key));
    if (keys.length > 0 && (Object.keys(patch).length > 0 || extra)) patch[RETAIN_KEYS] = keys;
  }
  return patch;
}

function diffMember(
  patch: Doc,
  key: string,
  before: unknown,
  after: unknown,
  type: string | undefined,
  options: DiffOptions,
): void {
  if (deepEqual(before, after)) return;
  if (isObject(before) && isObject(after)) {
    const member = memberOf(type, key);
    if (member.replace) {
      if (options.changes) setOwn(patch, key, after);
      return;
    }
    const nested = diffDocs(before, after, member.type, { ...options, retainKeys: member.retainKeys });
    if (Object.keys(nested).length > 0) setOwn(patch, key, nested);
  } else if (Array.isArray(before) && Array.isArray(after) && memberOf(type, key).merge) {
    diffList(patch, key, before, after, memberOf(type, key), options);
  } else if (options.changes) setOwn(patch, key, after);
}

function diffList(
  patch: Doc,
  key: string,
  before: readonly unknown[],
  after: readonly unknown[],
  member: Member,
  options: DiffOptions,
): void {
  if (before.length === 0) {
    if (after.length > 0 && options.changes) patch[key] = after;
    return;
  }
  if (member.type === undefined) diffScalars(patch, key, before, after, options);
  else diffItems(patch, key, before, after, member, options);
}

function diffScalars(
  patch: Doc,
  key: string,
  before: readonly unknown[],
  after: readonly unknown[],
  options: DiffOptions,
): void {
  const added = options.changes ? after.filter((item) => !before.includes(item)) : [];
  const deleted = options.deletions ? before.filter((item) => !after.includes(item)) : [];
  if (added.length > 0) patch[key] = added;
  if (deleted.length > 0) {
    patch[`${DELETE_FROM_LIST}/${key}`] = [...deleted].sort((a, b) => compareStrings(String(a), String(b)));
  }
  if (deleted.length > 0 || (options.changes && !deepEqual(before, after))) patch[`${SET_ORDER}/${key}`] = after;
}

function diffItems(
  patch: Doc,
  key: string,
  before: readonly unknown[],
  after: readonly unknown[],
  member: Member,
  options: DiffOptions,
): void {
  const { mergeKey } = member;
  const changed: unknown[] = [];
  for (const item of after) {
    const index = indexOfItem(before, item, mergeKey);
    if (index < 0) {
      if (options.changes) changed.push(item);
      continue;
    }
    const nested = diffDocs(before[index] as Doc, item as Doc, member.type, {
      ...options,
      retainKeys: member.retainKeys,
    });
    if (Object.keys(nested).length > 0) changed.push({ ...nested, [mergeKey]: keyOfItem(item, mergeKey) });
  }
  const gone = options.deletions ? before.filter((item) => indexOfItem(after, item, mergeKey) < 0) : [];
  const deletions = gone.map((item) => ({ [DIRECTIVE]: 'delete', [mergeKey]: keyOfItem(item, mergeKey) }));
  const list = [...sortLike(changed, after, mergeKey), ...deletions];
  const sameOrder =
    before.length === after.length &&
    before.every((item, i) => keyOfItem(item, mergeKey) === keyOfItem(after[i], mergeKey));
  if (list.length > 0) patch[key] = list;
  if ((options.changes && (list.length > 0 || !sameOrder)) || (options.deletions && list.length > 0)) {
    patch[`${SET_ORDER}/${key}`] = after.map((item) => ({ [mergeKey]: keyOfItem(item, mergeKey) }));
  }
}
