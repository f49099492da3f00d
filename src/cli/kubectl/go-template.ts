import { isObject } from '../../lib/json.ts';
import { sortedKeys } from '../../lib/order.ts';
import { base64ToText } from '../text/base64.ts';
import { goJson } from '../text/go-json.ts';
import { goQuote } from '../text/go-quote.ts';
import { goValue } from '../text/go-value.ts';

/** The part of text/template that is used with `-o go-template`. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: Pipe }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipe: Pipe;
      readonly body: readonly Node[];
      readonly other: readonly Node[];
    };

interface Pipe {
  readonly declare: readonly string[];
  readonly commands: readonly (readonly string[])[];
  readonly source: string;
}

export interface Template {
  readonly nodes: readonly Node[];
}

export function parseTemplate(text: string): Template {
  const parts = [...text.matchAll(/\{\{(- )?((?:"(?:[^"\\]|\\.)*"|`[^`]*`|(?!\}\}).)*?)( -)?\}\}|[^{]+|\{/gs)];
  const tokens: (string | { readonly action: string })[] = [];
  let trimNext = false;
  for (const part of parts) {
    if (part[2] === undefined && !part[0].startsWith('{{')) {
      let literal = part[0];
      if (trimNext) literal = literal.trimStart();
      trimNext = trimNext && literal === '';
      tokens.push(literal);
      continue;
    }
    if (part[1] !== undefined) {
      const last = tokens.at(-1);
      if (typeof last === 'string') tokens[tokens.length - 1] = last.trimEnd();
    }
    tokens.push({ action: (part[2] ?? '').trim() });
    trimNext = part[3] !== undefined;
  }
  if (/\{\{/.test(tokens.filter((token) => typeof token === 'string').join('')))
    throw new TemplateError('unclosed action');
  const reader = { tokens, at: 0 };
  const nodes = block(reader, false).nodes;
  return { nodes };
}

interface Reader {
  readonly tokens: readonly (string | { readonly action: string })[];
  at: number;
}

function block(reader: Reader, nested: boolean): { nodes: Node[]; closed: 'end' | 'else' | 'eof'; rest: string } {
  const nodes: Node[] = [];
  for (;;) {
    const token = reader.tokens[reader.at++];
    if (token === undefined) {
      if (nested) throw new TemplateError('unexpected EOF');
      return { nodes, closed: 'eof', rest: '' };
    }
    if (typeof token === 'string') {
      nodes.push({ kind: 'text', text: token });
      continue;
    }
    const [word = ''] = token.action.split(/\s+/);
    const rest = token.action.slice(word.length).trim();
    if (word.startsWith('/*')) continue;
    if (word === 'end' || word === 'else') {
      if (!nested) throw new TemplateError(`unexpected {{${word}}}`);
      return { nodes, closed: word, rest };
    }
    if (word === 'if' || word === 'range' || word === 'with') nodes.push(control(reader, word, rest));
    else nodes.push({ kind: 'print', pipe: parsePipe(token.action) });
  }
}

function control(reader: Reader, kind: 'if' | 'range' | 'with', source: string): Node {
  const pipe = parsePipe(source);
  const body = block(reader, true);
  if (body.closed !== 'else') return { kind, pipe, body: body.nodes, other: [] };
  if (body.rest.startsWith('if '))
    return { kind, pipe, body: body.nodes, other: [control(reader, 'if', body.rest.slice(3))] };
  return { kind, pipe, body: body.nodes, other: block(reader, true).nodes };
}

const CONSTANTS = ['true', 'false', 'nil'];

function parsePipe(source: string): Pipe {
  if (source === '') throw new TemplateError('missing value for command');
  const declared = /^((?:\$\w*\s*,\s*)?\$\w*)\s*:?=\s*/.exec(source);
  const body = declared === null ? source : source.slice(declared[0].length);
  const words = tokenize(body);
  const commands: string[][] = [[]];
  for (const word of words) {
    if (/^[A-Za-z_]\w*$/.test(word) && !CONSTANTS.includes(word) && !Object.hasOwn(FUNCTIONS, word))
      throw new TemplateError(`function ${goQuote(word)} not defined`);
    if (word === '|') commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return {
    declare: declared === null ? [] : (declared[1] ?? '').split(',').map((name) => name.trim()),
    commands,
    source,
  };
}

function tokenize(source: string): string[] {
  const words: string[] = [];
  for (let i = 0; i < source.length;) {
    const rest = source.slice(i);
    const space = /^\s+/.exec(rest);
    if (space !== null) {
      i += space[0].length;
      continue;
    }
    const quoted = /^(?:"(?:[^"\\]|\\.)*"|`[^`]*`|\|)/.exec(rest);
    if (quoted !== null) {
      words.push(quoted[0]);
      i += quoted[0].length;
      continue;
    }
    let end = 0;
    let depth = 0;
    for (; end < rest.length; end++) {
      const char = rest[end] ?? '';
      if (char === '(') depth++;
      else if (char === ')') depth--;
      else if (depth === 0 && (/\s/.test(char) || char === '|')) break;
    }
    words.push(rest.slice(0, Math.max(end, 1)));
    i += Math.max(end, 1);
  }
  return words;
}

interface Scope {
  readonly dot: unknown;
  readonly vars: ReadonlyMap<string, unknown>;
}

export function renderTemplate(template: Template, data: unknown): string {
  return renderNodes(template.nodes, { dot: data, vars: new Map([['$', data]]) });
}

function renderNodes(nodes: readonly Node[], start: Scope): string {
  let scope = start;
  let out = '';
  for (const node of nodes) {
    if (node.kind === 'text') out += node.text;
    else if (node.kind === 'print') {
      const value = evaluate(node.pipe, scope);
      const [name] = node.pipe.declare;
      if (name === undefined) out += printed(value);
      else scope = { ...scope, vars: new Map([...scope.vars, [name, value]]) };
    } else out += renderControl(node, scope);
  }
  return out;
}

function renderControl(node: Exclude<Node, { kind: 'text' | 'print' }>, scope: Scope): string {
  const value = evaluate(node.pipe, scope);
  const [first, second] = node.pipe.declare;
  if (node.kind !== 'range') {
    const inner = first === undefined ? scope.vars : new Map([...scope.vars, [first, value]]);
    return truth(value)
      ? renderNodes(node.body, { dot: node.kind === 'with' ? value : scope.dot, vars: inner })
      : renderNodes(node.other, scope);
  }
  const entries = entriesOf(value);
  if (entries.length === 0) return renderNodes(node.other, scope);
  return entries
    .map(([key, each]) => {
      const vars = new Map(scope.vars);
      if (second !== undefined) vars.set(first ?? '', key).set(second, each);
      else if (first !== undefined) vars.set(first, each);
      return renderNodes(node.body, { dot: each, vars });
    })
    .join('');
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (Array.isArray(value)) return value.map((each, index) => [index, each]);
  if (isObject(value)) return sortedKeys(value).map((key) => [key, value[key]]);
  if (value === null || value === undefined) return [];
  throw new TemplateError(`range can't iterate over ${goValue(value)}`);
}

function evaluate(pipe: Pipe, scope: Scope): unknown {
  let piped: readonly unknown[] = [];
  for (const command of pipe.commands) piped = [runCommand(command, piped, scope)];
  return piped[0];
}

function runCommand(words: readonly string[], piped: readonly unknown[], scope: Scope): unknown {
  const [head = '', ...rest] = words;
  const call = Object.hasOwn(FUNCTIONS, head) ? FUNCTIONS[head] : undefined;
  if (call !== undefined) return call([...rest.map((word) => operand(word, scope)), ...piped]);
  if (rest.length > 0 || piped.length > 0)
    throw new TemplateError(
      /^[A-Za-z_]\w*$/.test(head)
        ? `function ${goQuote(head)} not defined`
        : `can't give argument to non-function ${head}`,
    );
  return operand(head, scope);
}

function operand(word: string, scope: Scope): unknown {
  if (word === '.') return scope.dot;
  if (word.startsWith('(')) {
    const close = word.lastIndexOf(')');
    return fields(evaluate(parsePipe(word.slice(1, close)), scope), word.slice(close + 1));
  }
  if (word.startsWith('"')) return JSON.parse(word) as unknown;
  if (word.startsWith('`')) return word.slice(1, -1);
  if (word === 'true' || word === 'false') return word === 'true';
  if (word === 'nil') return null;
  if (/^-?\d+(\.\d+)?$/.test(word)) return Number(word);
  if (word.startsWith('$')) {
    const name = /^\$\w*/.exec(word)?.[0] ?? '$';
    if (!scope.vars.has(name)) throw new TemplateError(`undefined variable ${goQuote(name)}`);
    return fields(scope.vars.get(name), word.slice(name.length));
  }
  if (word.startsWith('.')) return fields(scope.dot, word);
  throw new TemplateError(`function ${goQuote(word)} not defined`);
}

function fields(start: unknown, path: string): unknown {
  let value = start;
  for (const name of path.split('.').filter((part) => part !== '')) {
    if (value === null || value === undefined) return undefined;
    if (!isObject(value)) throw new TemplateError(`can't evaluate field ${name} in type interface {}`);
    value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

type TemplateFunction = (args: readonly unknown[]) => unknown;

const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  and: (args) => args.find((each) => !truth(each)) ?? args.at(-1),
  or: (args) => args.find(truth) ?? args.at(-1),
  not: ([value]) => !truth(value),
  eq: ([first, ...others]) => others.some((each) => each === first),
  ne: ([a, b]) => a !== b,
  lt: ([a, b]) => order(a, b) < 0,
  le: ([a, b]) => order(a, b) <= 0,
  gt: ([a, b]) => order(a, b) > 0,
  ge: ([a, b]) => order(a, b) >= 0,
  len: ([value]) =>
    typeof value === 'string' || Array.isArray(value) ? value.length : Object.keys(isObject(value) ? value : {}).length,
  index: ([value, ...path]) =>
    path.reduce(
      (current, step) =>
        Array.isArray(current) ? current[Number(step)] : isObject(current) ? current[String(step)] : undefined,
      value,
    ),
  exists: ([value, ...path]) =>
    path.reduce(
      (current, step) =>
        Array.isArray(current) ? current[Number(step)] : isObject(current) ? current[String(step)] : undefined,
      value,
    ) !== undefined,
  print: (args) => args.map(printed).join(' '),
  println: (args) => `${args.map(printed).join(' ')}\n`,
  printf: ([format, ...args]) => sprintf(String(format), args),
  html: ([value]) => printed(value).replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`),
  urlquery: ([value]) => encodeURIComponent(printed(value)),
  base64decode: ([value]) => base64ToText(String(value)),
  js: ([value]) => goJson(value),
};

function order(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const text = format.replace(
    /%([-+0 ]*)(\d*)(?:\.(\d+))?([svdqtf%])/g,
    (_all, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (next >= args.length) return `%!${verb}(MISSING)`;
      const value = args[next++];
      const plain =
        verb === 'q'
          ? goQuote(String(value))
          : verb === 'f'
            ? Number(value).toFixed(Number(precision ?? 6))
            : printed(value);
      return flags.includes('-') ? plain.padEnd(Number(width)) : plain.padStart(Number(width));
    },
  );
  return next < args.length
    ? `${text}%!(EXTRA ${args
        .slice(next)
        .map((each) => `${typeof each}=${printed(each)}`)
        .join(', ')})`
    : text;
}

function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== false && value !== 0 && value !== '';
}

function printed(value: unknown): string {
  return value === null || value === undefined ? '<no value>' : goValue(value);
}
