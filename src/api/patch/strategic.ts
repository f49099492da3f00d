// Applying a strategic merge patch. Models apimachinery/pkg/util/strategicpatch mergeMap.
import { deepClone, isObject, setOwn } from '../../lib/json.ts';
import type { Doc, Member } from './directives.ts';
import {
  DELETE_FROM_LIST,
  DIRECTIVE,
  indexOfItem,
  keyOfItem,
  memberOf,
  normalizeOrder,
  PatchError,
  RETAIN_KEYS,
  SET_ORDER,
} from './directives.ts';
import { goValue } from './go-value.ts';

export { PatchError } from './directives.ts';

/** `apply` changes a document; `combine` puts two patches together, keeping nulls and directives. */
export type MergeMode = 'apply' | 'combine';

/** The patched document; the arguments stay as they are. Throws PatchError. */
export function applyStrategicPatch(document: unknown, patch: Readonly<Doc>, type: string): Doc {
  return mergeDocs(deepClone(isObject(document) ? document : {}), deepClone(patch), type, 'apply');
}

/** Merges into `original` and uses up `patch`. */
export function mergeDocs(original: Doc, patch: Doc, type: string | undefined, mode: MergeMode): Doc {
  if (Object.hasOwn(patch, DIRECTIVE)) {
    const handled = byDirective(patch, mode);
    if (handled !== undefined) return handled;
  }
  retainKeys(original, patch, mode);
  mergeOrderedLists(original, patch, type, mode);
  for (const [key, value] of Object.entries(patch)) mergeMember(original, key, value, type, mode);
  return original;
}

/** `$patch` at the head of a map; undefined when the merge goes on. */
function byDirective(patch: Doc, mode: MergeMode): Doc | undefined {
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') {
    delete patch[DIRECTIVE];
    return patch;
  }
  if (directive === 'delete') return {};
  if (directive === 'merge' && mode === 'apply') {
    delete patch[DIRECTIVE];
    return undefined;
  }
  throw new PatchError(`unknown patch type: ${goValue(directive)} in map: ${goValue(patch)}`);
}

function retainKeys(original: Doc, patch: Doc, mode: MergeMode): void {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return;
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(keys)) throw new PatchError(`invalid patch format of special key: ${RETAIN_KEYS}`);
  if (mode === 'combine') {
    original[RETAIN_KEYS] = keys;
    return;
  }
  for (const key of Object.keys(original)) if (!keys.includes(key)) delete original[key];
}

function mergeOrderedLists(original: Doc, patch: Doc, type: string | undefined, mode: MergeMode): void {
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(`${SET_ORDER}/`)) continue;
    delete patch[directive];
    if (mode === 'combine') {
      original[directive] = order;
      continue;
    }
    const key = directive.slice(SET_ORDER.length + 1);
    if (!Array.isArray(order)) throw new PatchError(`invalid patch format of special key: ${SET_ORDER}`);
    const live = original[key];
    const items = patch[key];
    if (!Array.isArray(live) && !Array.isArray(items)) continue;
    const member = memberOf(type, key);
    const before = Array.isArray(live) ? live : [];
    const deletions = patch[`${DELETE_FROM_LIST}/${key}`];
    const kept = Array.isArray(deletions) ? before.filter((item) => !deletions.includes(item)) : before;
    delete patch[`${DELETE_FROM_LIST}/${key}`];
    const merged = Array.isArray(items) ? mergeList(kept, items, member, mode) : kept;
    original[key] = normalizeOrder(merged, order, before, mergeKeyFor(member));
    delete patch[key];
  }
}

function mergeKeyFor(member: Member): string {
  return member.type === undefined ? '' : member.mergeKey;
}

function mergeMember(original: Doc, name: string, value: unknown, type: string | undefined, mode: MergeMode): void {
  if (name.startsWith(`${DELETE_FROM_LIST}/`)) {
    deleteFromList(original, name, value, mode);
    return;
  }
  if (value === null) {
    delete original[name];
    if (mode === 'combine') setOwn(original, name, null);
    return;
  }
  const live = Object.hasOwn(original, name) ? original[name] : undefined;
  if (isObject(live) && isObject(value)) {
    const member = memberOf(type, name);
    setOwn(original, name, member.replace ? withoutDirectives(value, mode) : mergeDocs(live, value, member.type, mode));
  } else if (Array.isArray(live) && Array.isArray(value)) {
    const member = memberOf(type, name);
    setOwn(original, name, member.merge ? mergeList(live, value, member, mode) : value);
  } else setOwn(original, name, withoutDirectives(value, mode));
}

function deleteFromList(original: Doc, name: string, value: unknown, mode: MergeMode): void {
  if (mode === 'combine') {
    original[name] = value;
    return;
  }
  const key = name.slice(DELETE_FROM_LIST.length + 1);
  const live = original[key];
  if (!Array.isArray(value)) throw new PatchError(`invalid patch format of special key: ${DELETE_FROM_LIST}`);
  if (Array.isArray(live)) original[key] = live.filter((item) => !value.includes(item));
}

/** What a patch adds anew: its nulls and directives mean nothing there. */
function withoutDirectives(value: unknown, mode: MergeMode): unknown {
  if (mode === 'combine') return value;
  if (Array.isArray(value)) {
    const items = value.filter((item) => !(isObject(item) && isDropped(item)));
    return items.map((item) => withoutDirectives(item, mode));
  }
  if (!isObject(value)) return value;
  const result: Doc = {};
  for (const [key, member] of Object.entries(value)) {
    if (member === null || key === DIRECTIVE || key === RETAIN_KEYS) continue;
    if (key.startsWith(`${SET_ORDER}/`) || key.startsWith(`${DELETE_FROM_LIST}/`)) continue;
    setOwn(result, key, withoutDirectives(member, mode));
  }
  return result;
}

function isDropped(item: Readonly<Doc>): boolean {
  return item[DIRECTIVE] === 'delete' || (item[DIRECTIVE] === 'replace' && Object.keys(item).length === 1);
}

function mergeList(live: readonly unknown[], patch: readonly unknown[], member: Member, mode: MergeMode): unknown[] {
  if (!(patch.some(isObject) || live.some(isObject))) {
    const merged = [...new Set([...live, ...patch])];
    return normalizeOrder(merged, patch, live, '');
  }
  if (member.mergeKey === '') throw new PatchError(`cannot merge lists without merge key for ${member.type ?? ''}`);
  const { kept, rest } = mode === 'apply' ? specialItems(live, patch, member) : { kept: [...live], rest: [...patch] };
  const merged = [...kept];
  for (const item of rest) {
    const index = indexOfItem(merged, item, member.mergeKey);
    if (index < 0) merged.push(withoutDirectives(item, mode));
    else merged[index] = mergeDocs(asDoc(merged[index]), asDoc(item), member.type, mode);
  }
  return normalizeOrder(merged, rest, live, member.mergeKey);
}

/** `$patch` in a list's items: `delete` takes one out, `replace` takes the patch's other items for the whole list. */
function specialItems(
  live: readonly unknown[],
  patch: readonly unknown[],
  member: Member,
): { kept: unknown[]; rest: unknown[] } {
  const rest: unknown[] = [];
  let kept = [...live];
  let replace = false;
  for (const item of patch) {
    const doc = asDoc(item);
    const directive = doc[DIRECTIVE];
    if (directive === undefined || directive === 'merge') {
      delete doc[DIRECTIVE];
      rest.push(doc);
    } else if (directive === 'delete') {
      const key = keyOfItem(doc, member.mergeKey);
      kept = kept.filter((candidate) => keyOfItem(candidate, member.mergeKey) !== key);
    } else if (directive === 'replace') {
      replace = true;
    } else {
      throw new PatchError(`unknown patch type: ${goValue(directive)} in map: ${goValue(doc)}`);
    }
  }
  return { kept: replace ? [] : kept, rest };
}

function asDoc(item: unknown): Doc {
  if (!isObject(item)) throw new PatchError(`expected a map, but received a ${typeof item}`);
  return item;
}
