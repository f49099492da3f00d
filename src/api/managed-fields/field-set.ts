// Sets of fields in the form in which they are stored (FieldsV1). Models structured-merge-diff/fieldpath: Set and its serialization.
import { compareNumbers, compareStrings, sortedKeys } from '../../lib/order.ts';
import { isObject, setOwn } from '../../lib/json.ts';

/**
 * A tree of path elements: `f:name`, `k:{"name":"c"}`, `v:"x"`. An empty node is a member; `.` marks a member that has members below.
 * Never changed in place: what an operation leaves as it is, it shares.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export const EMPTY_SET: FieldSet = {};

const SELF = '.';

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

export function isMember(node: FieldSet): boolean {
  return isEmptySet(node) || Object.hasOwn(node, SELF);
}

function hasBelow(node: FieldSet): boolean {
  for (const element in node) if (element !== SELF) return true;
  return false;
}

export function child(set: FieldSet | undefined, element: string): FieldSet | undefined {
  return set !== undefined && Object.hasOwn(set, element) ? set[element] : undefined;
}

/** Of a node: a member, with what is below it. */
function node(member: boolean, below: FieldSet): FieldSet | undefined {
  if (!member) return isEmptySet(below) ? undefined : below;
  return isEmptySet(below) ? EMPTY_SET : { [SELF]: EMPTY_SET, ...below };
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return b;
  if (isEmptySet(b) || a === b || isSubset(b, a)) return a;
  return unionBelow(a, b);
}

function unionBelow(a: FieldSet, b: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort(compareElements)) {
    if (element === SELF) continue;
    const [left, right] = [child(a, element), child(b, element)];
    const both =
      left === undefined
        ? right
        : right === undefined || left === right
          ? left
          : node(isMember(left) || isMember(right), below(unionBelow(left, right)));
    if (both !== undefined) setOwn(result, element, both);
  }
  return result;
}

function below(set: FieldSet): FieldSet {
  if (!Object.hasOwn(set, SELF)) return set;
  const { [SELF]: _, ...rest } = set;
  return rest;
}

/** Every member of `a` is one of `b`. */
export function isSubset(a: FieldSet, b: FieldSet): boolean {
  for (const element in a) {
    if (element === SELF) continue;
    const [left, right] = [child(a, element) ?? EMPTY_SET, child(b, element)];
    if (right === undefined || (isMember(left) && !isMember(right)) || !isSubset(left, right)) return false;
  }
  return true;
}

/** What of `a` is not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  let result: Record<string, FieldSet> | undefined;
  for (const element in b) {
    if (element === SELF) continue;
    const [left, right] = [child(a, element), child(b, element)];
    if (left === undefined || right === undefined) continue;
    const kept = node(isMember(left) && !isMember(right), below(difference(left, right)));
    if (kept !== undefined && isMember(kept) === isMember(left) && isSameBelow(kept, left)) continue;
    result ??= { ...a };
    if (kept === undefined) delete result[element];
    else setOwn(result, element, kept);
  }
  return result ?? a;
}

/** What of `a` is neither in `b` nor below a member of it. Models Set.RecursiveDifference. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element of Object.keys(a)) {
    const [left, right] = [child(a, element) ?? EMPTY_SET, child(b, element)];
    if (element === SELF || right === undefined) setOwn(result, element, left);
    else if (!isMember(right)) {
      const kept = node(isMember(left), below(recursiveDifference(left, right)));
      if (kept !== undefined) setOwn(result, element, kept);
    }
  }
  return result;
}

/** A quick test: the same members directly below. */
function isSameBelow(a: FieldSet, b: FieldSet): boolean {
  for (const element in b) if (element !== SELF && child(a, element) !== child(b, element)) return false;
  return true;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element in b) {
    if (element === SELF) continue;
    const [left, right] = [child(a, element), child(b, element)];
    if (left === undefined || right === undefined) continue;
    const both = node(isMember(left) && isMember(right), intersection(left, right));
    if (both !== undefined) setOwn(result, element, both);
  }
  return result;
}

/** All members in order, as lists of path elements. */
export function membersOf(set: FieldSet, path: readonly string[] = []): string[][] {
  const result: string[][] = [];
  for (const element of Object.keys(set).sort(compareElements)) {
    if (element === SELF) continue;
    const found = child(set, element) ?? EMPTY_SET;
    if (isMember(found)) result.push([...path, element]);
    if (hasBelow(found)) result.push(...membersOf(found, [...path, element]));
  }
  return result;
}

/** As conflicts name a path: `.spec.template.spec.containers[name="c"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('');
}

export function elementText(element: string): string {
  const value = element.slice(2);
  if (element.startsWith('f:')) return `.${value}`;
  if (element.startsWith('v:')) return `[=${value}]`;
  const keys: unknown = JSON.parse(value);
  if (!isObject(keys)) return `[${value}]`;
  return `[${sortedKeys(keys)
    .map((key) => `${key}=${JSON.stringify(keys[key])}`)
    .join(',')}]`;
}

/** Reads what a client sent: undefined when it is no set of fields. */
export function parseFieldSet(value: unknown): FieldSet | undefined {
  if (!isObject(value)) return undefined;
  for (const [element, inner] of Object.entries(value)) {
    if (element !== SELF && !/^[fkvi]:/.test(element)) return undefined;
    if (parseFieldSet(inner) === undefined) return undefined;
  }
  return value as FieldSet;
}

/** Names before keys before values before indices. */
export function compareElements(a: string, b: string): number {
  if (a[0] !== b[0]) return ORDER.indexOf(a[0] ?? '') - ORDER.indexOf(b[0] ?? '');
  if (a.startsWith('f:')) return compareStrings(a, b);
  return a === b ? 0 : compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
}

const ORDER = '.fkvi';

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (!isObject(a) || !isObject(b)) return compareStrings(JSON.stringify(a), JSON.stringify(b));
  const [left, right] = [sortedKeys(a), sortedKeys(b)];
  for (const [i, key] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    const order = compareStrings(key, other) || compareValues(a[key], b[other]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Collects members; the same path may come many times. */
export class FieldSetBuilder {
  readonly #root: Tree = { member: false, below: new Map() };

  get isEmpty(): boolean {
    return this.#root.below.size === 0;
  }

  add(path: Path): void {
    this.#nodeAt(path).member = true;
  }

  build(): FieldSet {
    return built(this.#root);
  }

  #nodeAt(path: Path): Tree {
    if (path.parent === undefined) return this.#root;
    const { below: children } = this.#nodeAt(path.parent);
    let found = children.get(path.element);
    if (found === undefined) children.set(path.element, (found = { member: false, below: new Map() }));
    return found;
  }
}

/** A path that grows without copying. */
export interface Path {
  readonly parent: Path | undefined;
  readonly element: string;
}

export const ROOT: Path = { parent: undefined, element: '' };

interface Tree {
  member: boolean;
  readonly below: Map<string, Tree>;
}

function built(tree: Tree): FieldSet {
  if (tree.below.size === 0) return EMPTY_SET;
  const result: Record<string, FieldSet> = {};
  if (tree.member) result[SELF] = EMPTY_SET;
  for (const element of [...tree.below.keys()].sort(compareElements)) {
    const inner = tree.below.get(element);
    if (inner !== undefined) setOwn(result, element, built(inner));
  }
  return result;
}
