// What an update added, changed and removed. Models structured-merge-diff/typed/compare.go.
import { deepEqual, isObject } from '../../lib/json.ts';
import type { FieldSet, Path } from './field-set.ts';
import { FieldSetBuilder, ROOT, union } from './field-set.ts';
import type { Structure } from './structure.ts';
import { elementOf, isAlwaysThere, itemOf, memberOf } from './structure.ts';

export interface Comparison {
  /** Added or changed. */
  readonly taken: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two objects of a type; members named in `ignored` are not looked at. */
export function compareObjects(
  type: string,
  before: object,
  after: object,
  ignored: readonly (readonly string[])[] = [],
): Comparison {
  const comparing = new Comparing();
  comparing.members({ form: 'struct', type }, record(before), record(after), ROOT, ignored);
  return { taken: comparing.taken.build(), removed: comparing.removed.build() };
}

/** Every field of both: `taken` and `removed` together. */
export function changedFields({ taken, removed }: Comparison): FieldSet {
  return union(taken, removed);
}

type Members = Readonly<Record<string, unknown>>;

class Comparing {
  readonly taken = new FieldSetBuilder();
  readonly removed = new FieldSetBuilder();

  value(
    structure: Structure,
    before: unknown,
    after: unknown,
    path: Path,
    ignored: readonly (readonly string[])[],
  ): void {
    if (before === after) return;
    if (this.#isLeaf(structure, before, after)) {
      if (before === undefined) this.taken.add(path);
      else if (after === undefined) this.removed.add(path);
      else if (!deepEqual(before, after)) this.taken.add(path);
      return;
    }
    if (structure.form === 'struct' || structure.form === 'map') {
      this.members(structure, record(before), record(after), path, ignored);
    } else this.#items(structure, list(before), list(after), path);
    if (before === undefined) this.taken.add(path);
    else if (after === undefined) this.removed.add(path);
  }

  /** Of a struct or map. `undefined`: there is none. */
  members(
    structure: Structure,
    before: Members | undefined,
    after: Members | undefined,
    path: Path,
    ignored: readonly (readonly string[])[],
  ): void {
    for (const name of namesOf(before, after)) {
      const inner = below(ignored, name);
      if (inner === undefined) continue;
      const next =
        structure.form === 'struct'
          ? memberOf(structure.type, name)
          : structure.form === 'map'
            ? structure.of
            : undefined;
      if (next === undefined) continue;
      const type = structure.form === 'struct' ? structure.type : undefined;
      const at = { parent: path, element: `f:${name}` };
      this.value(next, memberValue(before, name, type), memberValue(after, name, type), at, inner);
    }
  }

  #items(structure: Structure, before: readonly unknown[], after: readonly unknown[], path: Path): void {
    const [left, right] = [grouped(structure, before), grouped(structure, after)];
    const item = itemOf(structure);
    for (const element of new Set([...left.keys(), ...right.keys()])) {
      const [olds, news] = [left.get(element) ?? [], right.get(element) ?? []];
      const at = { parent: path, element };
      if (olds.length < 2 && news.length < 2) this.value(item, olds[0], news[0], at, []);
      else if (olds.length === 0) this.taken.add(at);
      else if (news.length === 0) this.removed.add(at);
      else if (!deepEqual(olds, news)) this.taken.add(at);
    }
  }

  /** Nothing to go into on either side: the difference of null and empty counts. */
  #isLeaf(structure: Structure, before: unknown, after: unknown): boolean {
    return structure.form === 'leaf' || (isBare(before) && isBare(after));
  }
}

function isBare(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (!isObject(value)) return true;
  for (const _ in value) return false;
  return true;
}

function record(value: unknown): Members | undefined {
  return isObject(value) ? value : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function* namesOf(before: Members | undefined, after: Members | undefined): Iterable<string> {
  if (before !== undefined) for (const name in before) yield name;
  if (after === undefined) return;
  for (const name in after) if (before === undefined || !Object.hasOwn(before, name)) yield name;
}

function memberValue(members: Members | undefined, name: string, type: string | undefined): unknown {
  if (members === undefined) return undefined;
  if (Object.hasOwn(members, name) && members[name] !== undefined) return members[name];
  return type !== undefined && isAlwaysThere(type, name) ? null : undefined;
}

/** Undefined: the member itself is not looked at. */
function below(ignored: readonly (readonly string[])[], name: string): readonly (readonly string[])[] | undefined {
  if (ignored.length === 0) return ignored;
  const inner = ignored.filter(([first]) => first === name).map((path) => path.slice(1));
  return inner.some((path) => path.length === 0) ? undefined : inner;
}

function grouped(structure: Structure, items: readonly unknown[]): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const item of items) {
    const element = elementOf(structure, item);
    const group = groups.get(element);
    if (group === undefined) groups.set(element, [item]);
    else group.push(item);
  }
  return groups;
}
