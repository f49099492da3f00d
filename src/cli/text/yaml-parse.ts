import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, YAMLError } from 'yaml';
import { isObject, setOwn } from '../../lib/json.ts';
import { resolvePlain } from './yaml-scalar.ts';

/** A text that go-yaml refuses; the message is go-yaml's, as near as another parser's findings allow. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
}

/** One YAML document as JSON data, read as sigs.k8s.io/yaml does: YAML 1.1, non-string keys become strings. */
export function parseYaml(text: string): unknown {
  const tab = leadingTab(text);
  if (tab !== undefined) throw new YamlError(located(tab, 'found character that cannot start any token', true));
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'failsafe',
    merge: false,
    prettyErrors: false,
    uniqueKeys: false,
    strict: false,
  });
  const error = document.errors.find((each) => each.code === 'MULTILINE_IMPLICIT_KEY') ?? document.errors[0];
  if (error !== undefined) throw new YamlError(messageOf(error, text));
  return document.contents === null ? null : toData(document.contents, document, new Set());
}

/** Documents of a stream: split at lines that start with `---`, as kubectl does before it parses each. */
export function splitYamlDocuments(text: string): string[] {
  return text.split(/^---(?=[ \t]*(?:#.*)?$)[^\n]*\n?/m);
}

function toData(node: Node, document: Document, open: Set<Node>): unknown {
  if (isAlias(node)) {
    const target = node.resolve(document);
    if (target === undefined) throw new YamlError(`yaml: unknown anchor '${node.source}' referenced`);
    if (open.has(target)) throw new YamlError(`yaml: anchor '${node.source}' value contains itself`);
    return toData(target, document, open);
  }
  if (isScalar(node)) return scalarData(node.value, node.type, node.tag);
  open.add(node);
  const data = isSeq(node)
    ? node.items.map((item) => toData(asNode(item), document, open))
    : mapData(node, document, open);
  open.delete(node);
  return data;
}

function mapData(node: Node, document: Document, open: Set<Node>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  if (!isMap(node)) return result;
  const merged: Record<string, unknown>[] = [];
  for (const pair of node.items) {
    const key = toData(asNode(pair.key), document, open);
    const isMerge = isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.value === '<<';
    const value = pair.value === null ? null : toData(asNode(pair.value), document, open);
    if (isMerge) for (const part of Array.isArray(value) ? value : [value]) if (isObject(part)) merged.push(part);
    if (isMerge) continue;
    if (isObject(key) || Array.isArray(key))
      throw new YamlError(`unsupported map key of type: ${Array.isArray(key) ? 'slice' : 'map'}`);
    if (key === null) throw new YamlError(`Unsupported map key of type: <nil>, key: <nil>, value: ${String(value)}`);
    setOwn(result, String(key), value);
  }
  for (const part of merged)
    for (const [key, value] of Object.entries(part)) if (!Object.hasOwn(result, key)) setOwn(result, key, value);
  return result;
}

function asNode(value: unknown): Node {
  return value as Node;
}

function scalarData(value: unknown, type: string | undefined, tag: string | undefined): unknown {
  const text = value === null || value === undefined ? '' : String(value);
  if (tag === '!!str' || tag === 'tag:yaml.org,2002:str') return text;
  if (type !== 'PLAIN' && type !== undefined) return text;
  const resolved = resolvePlain(text);
  if (resolved.tag === 'merge') return '<<';
  if (resolved.tag === 'float' && !Number.isFinite(resolved.value))
    throw new YamlError(`json: unsupported value: ${resolved.value}`);
  return resolved.value;
}

/** go-yaml counts lines from nought and adds one for what the scanner finds; a first line goes unmentioned. */
function located(line: number, problem: string, scanner: boolean): string {
  const shown = line === 0 ? 0 : scanner ? line + 1 : line;
  return shown === 0 ? `yaml: ${problem}` : `yaml: line ${shown}: ${problem}`;
}

/** The other parser takes tabs as blanks where go-yaml stops. */
function leadingTab(text: string): number | undefined {
  const lines = text.split('\n');
  let block = -1;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const indent = line.length - line.trimStart().length;
    if (block >= 0 && (line.trim() === '' || indent > block)) continue;
    block = -1;
    if (/^ *\t\s*[^\s#]/.test(line)) return i;
    if (/[|>][-+0-9]*\s*(#.*)?$/.test(line)) block = indent;
  }
  return undefined;
}

function messageOf(error: YAMLError, text: string): string {
  const line = lineOf(text, error.pos[0]);
  const last = lineOf(text, text.length);
  switch (error.code) {
    case 'BAD_INDENT':
      return /flow/i.test(error.message)
        ? located(last, flowProblem(text, error.pos[0]), false)
        : located(line, 'did not find expected key', false);
    case 'MISSING_CHAR':
      if (/quote/i.test(error.message)) return located(last, 'found unexpected end of stream', true);
      if (/flow|\]|\}/i.test(error.message))
        return located(lineOf(text, error.pos[1]), flowProblem(text, error.pos[0]), false);
      return located(line, 'did not find expected key', false);
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return located(
        lineOf(text, error.pos[1]),
        /^\s*-/.test(lineAt(text, line))
          ? 'block sequence entries are not allowed in this context'
          : 'mapping values are not allowed in this context',
        true,
      );
    case 'BLOCK_IN_FLOW':
      return located(line, flowProblem(text, error.pos[0]), false);
    case 'TAB_AS_INDENT':
      return located(line, 'found a tab character that violates indentation', true);
    case 'BAD_SCALAR_START':
      return located(line, 'found character that cannot start any token', true);
    case 'BAD_DQ_ESCAPE':
      return located(line, 'found unknown escape character', true);
    case 'BAD_ALIAS':
      return error.message.includes('anchor') || error.message.includes('Alias')
        ? `yaml: ${error.message.replace(/^Unresolved alias \(the anchor must be set before the alias\): /, "unknown anchor '")}' referenced`
        : located(line, 'did not find expected alphabetic or numeric character', true);
    default:
      return located(line, unexpectedProblem(text, error), false);
  }
}

function unexpectedProblem(text: string, error: YAMLError): string {
  if (/nested mappings|compact mappings/i.test(error.message)) return 'mapping values are not allowed in this context';
  const open = openFlow(text, error.pos[0]);
  return open === undefined ? 'did not find expected key' : flowProblem(text, error.pos[0]);
}

function flowProblem(text: string, at: number): string {
  return openFlow(text, at) === '{' ? "did not find expected ',' or '}'" : "did not find expected ',' or ']'";
}

/** The innermost bracket still open at a position. */
function openFlow(text: string, at: number): string | undefined {
  const stack: string[] = [];
  for (const char of text.slice(0, at)) {
    if (char === '[' || char === '{') stack.push(char);
    else if (char === ']' || char === '}') stack.pop();
  }
  return stack.at(-1);
}

function lineOf(text: string, at: number): number {
  let line = 0;
  for (let i = 0; i < at && i < text.length; i++) if (text[i] === '\n') line++;
  return line;
}

function lineAt(text: string, line: number): string {
  return text.split('\n')[line] ?? '';
}
