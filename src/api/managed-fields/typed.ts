// Reads, merges and cuts what is applied. Models structured-merge-diff/typed: validate, tofieldset, merge, remove.
import { isObject, setOwn } from '../../lib/json.ts';
import { goValue } from '../patch/go-value.ts';
import type { Shape } from '../schema.ts';
import { fieldsOf } from '../schema.ts';
import type { FieldSet, Path } from './field-set.ts';
import { child, elementText, FieldSetBuilder, isEmptySet, isMember, ROOT, union } from './field-set.ts';
import type { Structure } from './structure.ts';
import { elementOf, itemOf, memberOf } from './structure.ts';

/** What is wrong with an object that is applied: `.spec.bogus: field not declared in schema`. */
export function problemsOf(type: string, object: unknown): string[] {
  const problems: string[] = [];
  check({ form: 'struct', type }, object, '', problems);
  return problems;
}

function check(structure: Structure, value: unknown, path: string, problems: string[]): void {
  if (value === null || value === undefined) return;
  if (structure.form === 'leaf') return checkShape(structure.shape, value, path, problems);
  if (structure.form === 'struct' || structure.form === 'map') {
    if (!isObject(value)) return void problems.push(`${path}: expected map, got ${shown(value)}`);
    for (const [name, inner] of Object.entries(value)) {
      const next = structure.form === 'struct' ? memberOf(structure.type, name) : structure.of;
      if (next === undefined) problems.push(`${path}.${name}: field not declared in schema`);
      else check(next, inner, `${path}.${name}`, problems);
    }
    return;
  }
  if (!Array.isArray(value)) return void problems.push(`${path}: expected list, got ${shown(value)}`);
  const seen = new Set<string>();
  for (const [i, item] of value.entries()) {
    if (structure.form === 'list-map' && isObject(item) && structure.keys.every((key) => item[key] === undefined)) {
      problems.push(
        `${path}: element ${i}: associative list with keys has an element that omits all key fields ${goValue(structure.keys)} (and doesn't have default values)`,
      );
      continue;
    }
    const element = elementOf(structure, item);
    if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${elementText(element)}`);
    seen.add(element);
    check(itemOf(structure), item, `${path}${elementText(element)}`, problems);
  }
}

function checkShape(shape: Shape, value: unknown, path: string, problems: string[]): void {
  if (value === null || value === undefined) return;
  switch (shape.form) {
    case 'struct':
      return check({ form: 'struct', type: shape.type }, value, path, problems);
    case 'map':
      return check({ form: 'map', of: { form: 'leaf', shape: shape.of } }, value, path, problems);
    case 'list':
      if (!Array.isArray(value)) return void problems.push(`${path}: expected list, got ${shown(value)}`);
      return value.forEach((item, i) => checkShape(shape.of, item, `${path}[${i}]`, problems));
    case 'string':
    case 'bytes':
    case 'time':
    case 'micro-time':
      if (typeof value !== 'string') problems.push(`${path}: expected string, got ${shown(value)}`);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') problems.push(`${path}: expected boolean, got ${shown(value)}`);
      return;
    case 'int32':
    case 'int64':
    case 'number':
      if (typeof value !== 'number') {
        problems.push(`${path}: expected numeric (int or float), got ${goTypeOf(value)}`);
      }
      return;
    default:
  }
}

function shown(value: unknown): string {
  return `&value.valueUnstructured{Value:${typeof value === 'string' ? JSON.stringify(value) : goValue(value)}}`;
}

function goTypeOf(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

/** What an object says, field by field. */
export function fieldSetOf(type: string, object: object): FieldSet {
  const builder = new FieldSetBuilder();
  collect({ form: 'struct', type }, object, ROOT, builder);
  return builder.build();
}

function collect(structure: Structure, value: unknown, path: Path, builder: FieldSetBuilder): void {
  if (structure.form === 'leaf') return builder.add(path);
  if (structure.form === 'struct' || structure.form === 'map') {
    if (!isObject(value)) return;
    for (const [name, inner] of Object.entries(value)) {
      const next = structure.form === 'struct' ? memberOf(structure.type, name) : structure.of;
      if (next === undefined || inner === undefined) continue;
      const at = { parent: path, element: `f:${name}` };
      collect(next, inner, at, builder);
      if (structure.form === 'map' || inner === null || (isObject(inner) && Object.keys(inner).length === 0)) {
        builder.add(at);
      }
    }
    return;
  }
  for (const item of Array.isArray(value) ? (value as readonly unknown[]) : []) {
    const at = { parent: path, element: elementOf(structure, item) };
    collect(itemOf(structure), item, at, builder);
    builder.add(at);
  }
}

/** The live object with what is applied laid over it. */
export function mergeApplied(type: string, live: object, applied: object): Record<string, unknown> {
  return merged({ form: 'struct', type }, live, applied) as Record<string, unknown>;
}

function merged(structure: Structure, live: unknown, applied: unknown): unknown {
  if (live === undefined || live === null || applied === null || structure.form === 'leaf') return applied;
  if (structure.form === 'struct' || structure.form === 'map') {
    if (!isObject(applied) || !isObject(live)) return applied;
    const result: Record<string, unknown> = { ...live };
    for (const [name, value] of Object.entries(applied)) {
      const next = structure.form === 'struct' ? memberOf(structure.type, name) : structure.of;
      if (next !== undefined) setOwn(result, name, merged(next, live[name], value));
    }
    return result;
  }
  if (!Array.isArray(applied) || !Array.isArray(live)) return applied;
  return mergedItems(structure, live, applied);
}

/** Items keep the applied order; those only in the live list stay behind the one that they followed. */
function mergedItems(structure: Structure, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const elements = applied.map((item) => elementOf(structure, item));
  const places = new Map(elements.map((element, i) => [element, i]));
  const liveElements = live.map((item) => elementOf(structure, item));
  const liveItems = new Map(live.map((item, i) => [liveElements[i] ?? '', item]));
  const result: unknown[] = [];
  const item = itemOf(structure);
  let [i, j] = [0, 0];
  const take = (): void => {
    result.push(merged(item, liveItems.get(elements[i] ?? ''), applied[i]));
    i++;
  };
  while (i < applied.length || j < live.length) {
    const liveElement = liveElements[j];
    if (liveElement === undefined) take();
    else if (!places.has(liveElement)) {
      result.push(live[j]);
      j++;
    } else if (i < applied.length && elements[i] === liveElement) {
      take();
      j++;
    } else if ((places.get(liveElement) ?? 0) < i) j++;
    else take();
  }
  return result;
}

/** Without the fields and list items named. */
export function withoutFields(type: string, object: object, removed: FieldSet): Record<string, unknown> {
  return cut({ form: 'struct', type }, object, removed) as Record<string, unknown>;
}

function cut(structure: Structure, value: unknown, removed: FieldSet): unknown {
  if (isEmptySet(removed) || structure.form === 'leaf') return value;
  if (structure.form === 'struct' || structure.form === 'map') {
    if (!isObject(value)) return value;
    const result: Record<string, unknown> = {};
    for (const [name, inner] of Object.entries(value)) {
      const named = child(removed, `f:${name}`);
      const next = structure.form === 'struct' ? memberOf(structure.type, name) : structure.of;
      if (named === undefined || next === undefined) setOwn(result, name, inner);
      else if (!isMember(named)) setOwn(result, name, cut(next, inner, named));
    }
    return Object.keys(result).length === 0 ? null : result;
  }
  if (!Array.isArray(value)) return value;
  const kept: unknown[] = [];
  for (const item of value as readonly unknown[]) {
    const named = child(removed, elementOf(structure, item));
    if (named === undefined) kept.push(item);
    else if (!isMember(named)) kept.push(cut(itemOf(structure), item, named));
  }
  return kept.length === 0 ? null : kept;
}

/** With the structs on the way to its members as members too. Models EnsureNamedFieldsAreMembers. */
export function withNamedFields(type: string, set: FieldSet): FieldSet {
  const builder = new FieldSetBuilder();
  name({ form: 'struct', type }, set, ROOT, builder);
  return union(set, builder.build());
}

function name(structure: Structure, set: FieldSet, path: Path, builder: FieldSetBuilder): void {
  for (const element of Object.keys(set)) {
    const inner = child(set, element);
    if (element === '.' || inner === undefined || isEmptySet(inner)) continue;
    const at = { parent: path, element };
    if (structure.form === 'struct') {
      const next = fieldsOf(structure.type).has(element.slice(2))
        ? memberOf(structure.type, element.slice(2))
        : undefined;
      if (next === undefined) continue;
      builder.add(at);
      name(next, inner, at, builder);
    } else name(structure.form === 'map' ? structure.of : itemOf(structure), inner, at, builder);
  }
}
