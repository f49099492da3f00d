import { isObject } from '../../lib/json.ts';
import { compactJson, goJson } from '../text/go-json.ts';
import { goValue } from '../text/go-value.ts';
import { JsonPathError } from './jsonpath-parse.ts';
import type { PathNode, Step } from './jsonpath-parse.ts';

export { JsonPathError, parseJsonPath } from './jsonpath-parse.ts';

export interface JsonPathOptions {
  readonly allowMissingKeys: boolean;
}

/** The values that each action of a template finds, in order. Models util/jsonpath FindResults. */
export function findResults(nodes: readonly PathNode[], data: unknown, options: JsonPathOptions): unknown[][] {
  return run(nodes, data, data, options).map((piece) => ('text' in piece ? [piece.text] : piece.values));
}

/** Text of a template for one object. */
export function renderJsonPath(nodes: readonly PathNode[], data: unknown, options: JsonPathOptions): string {
  return run(nodes, data, data, options)
    .map((piece) => ('text' in piece ? piece.text : piece.values.map(valueText).join(' ')))
    .join('');
}

/** `-o jsonpath-as-json`: every result list as an indented array. */
export function renderJsonPathAsJson(nodes: readonly PathNode[], data: unknown, options: JsonPathOptions): string {
  return run(nodes, data, data, options)
    .map((piece) => `${goJson('text' in piece ? [piece.text] : piece.values, { indent: '    ', sorted: true })}\n`)
    .join('');
}

/** First value of a simple path; undefined when there is none. */
export function firstOf(nodes: readonly PathNode[], data: unknown): unknown {
  return findResults(nodes, data, { allowMissingKeys: true })[0]?.[0];
}

/** `.a.b`, `a.b`, `{a.b}` and `{.a.b}` all mean `{.a.b}`. Models get.RelaxedJSONPathExpression. */
export function relaxedPath(expression: string): string {
  if (expression === '') return expression;
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(expression);
  if (match === null) {
    throw new JsonPathError(
      "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
    );
  }
  return `{.${match[1] ?? match[2] ?? ''}}`;
}

type Piece = { readonly text: string } | { readonly values: unknown[] };

function run(nodes: readonly PathNode[], data: unknown, root: unknown, options: JsonPathOptions): Piece[] {
  return nodes.flatMap((node): Piece[] => {
    switch (node.kind) {
      case 'text':
        return [{ text: node.text }];
      case 'list':
        return [{ values: walk(node.steps, [data], root, options) }];
      case 'range':
        return walk(node.over, [data], root, options).flatMap((each) => run(node.body, each, each, options));
    }
  });
}

function walk(steps: readonly Step[], start: readonly unknown[], root: unknown, options: JsonPathOptions): unknown[] {
  let values = [...start];
  for (const step of steps) values = apply(step, values, root, options);
  return values;
}

function apply(step: Step, values: readonly unknown[], root: unknown, options: JsonPathOptions): unknown[] {
  switch (step.kind) {
    case 'root':
      return [root];
    case 'current':
      return [...values];
    case 'value':
      return [step.value];
    case 'wildcard':
      return values.flatMap(children);
    case 'recursive':
      return values.flatMap(descendants);
    case 'field':
      return fieldOf(step.name, values, options);
    case 'slice':
      return values.flatMap((value) => sliceOf(step, value));
    case 'union':
      return step.parts.flatMap((part) => walk(part, values, root, options));
    case 'filter':
      return values.flatMap((value) => children(value).filter((each) => passes(step, each, root)));
  }
}

function fieldOf(name: string, values: readonly unknown[], options: JsonPathOptions): unknown[] {
  const found = values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []));
  if (found.length === 0 && values.length > 0 && !options.allowMissingKeys)
    throw new JsonPathError(`${name} is not found`);
  return found;
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value)
    ? Object.keys(value)
        .sort()
        .map((key) => value[key])
    : [];
}

function descendants(value: unknown): unknown[] {
  if (!Array.isArray(value) && !isObject(value)) return [];
  return [value, ...children(value).flatMap(descendants)];
}

function sliceOf(step: Extract<Step, { kind: 'slice' }>, value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${goType(value)} is not array or slice`);
  const length = value.length;
  if (step.single) {
    const index = (step.from ?? 0) < 0 ? (step.from ?? 0) + length : (step.from ?? 0);
    if (index < 0 || index >= length)
      throw new JsonPathError(`array index out of bounds: index ${step.from ?? 0}, length ${length}`);
    return [value[index]];
  }
  if (step.step !== undefined && step.step <= 0) throw new JsonPathError('step must be > 0');
  const clamp = (index: number): number => (index < 0 ? index + length : index);
  const from = clamp(step.from ?? 0);
  const to = Math.min(clamp(step.to ?? length), length);
  if (from < 0 || from > length)
    throw new JsonPathError(`array index out of bounds: index ${step.from ?? 0}, length ${length}`);
  if (to < from) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`);
  return value.slice(from, to).filter((_each, index) => index % (step.step ?? 1) === 0);
}

function goType(value: unknown): string {
  return isObject(value)
    ? 'map[string]interface {}'
    : typeof value === 'string'
      ? 'string'
      : typeof value === 'boolean'
        ? 'bool'
        : 'int64';
}

function passes(step: Extract<Step, { kind: 'filter' }>, value: unknown, root: unknown): boolean {
  const options = { allowMissingKeys: true };
  const left = walk(step.left, [value], root, options);
  if (step.operator === 'exists') return left.length > 0;
  if (left.length === 0) return false;
  if (left.length > 1) throw new JsonPathError('can only compare one element at a time');
  const right = walk(step.right, [value], root, options);
  if (right.length === 0) return false;
  return compare(left[0], step.operator, right[0]);
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  const [a, b] =
    typeof left === 'number' && typeof right === 'number' ? [left, right] : [scalarText(left), scalarText(right)];
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}

function scalarText(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}

export function valueText(value: unknown): string {
  if (Array.isArray(value) || isObject(value)) return compactJson(value);
  return value === null || value === undefined ? '' : goValue(value);
}
