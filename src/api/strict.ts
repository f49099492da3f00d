// What strict decoding finds, in the order and the words of Go. Models sigs.k8s.io/json and sigs.k8s.io/yaml in their strict forms.
import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Node, Pair } from 'yaml';
import { compareStrings } from '../lib/order.ts';
import { memberOrder } from './json-scan.ts';
import { quote } from './status.ts';

/** Of a body in JSON: members that repeat others and members that no type has, in the order of the text. */
export function strictProblems(
  text: string,
  duplicates: readonly string[],
  unknown: readonly string[],
  prefix = '',
): string[] {
  const dropped = (path: string): boolean =>
    unknown.some((each) => path === each || path.startsWith(`${each}.`) || path.startsWith(`${each}[`));
  const repeated = [...new Set(duplicates)].filter((path) => !dropped(path));
  const say = (what: string, path: string): string => `${prefix}${what} field ${quote(path)}`;
  if (repeated.length === 0) return unknown.map((path) => say('unknown', path));
  if (unknown.length === 0) return repeated.map((path) => say('duplicate', path));
  const { first, second } = memberOrder(text);
  return [
    ...unknown.map((path) => ({ at: first.get(path) ?? 0, text: say('unknown', path) })),
    ...repeated.map((path) => ({ at: second.get(path) ?? 0, text: say('duplicate', path) })),
  ]
    .sort((a, b) => a.at - b.at)
    .map((problem) => problem.text);
}

/** The same of a patch and of what it led to: Go reads the outcome with its keys sorted. */
export function strictPatchProblems(duplicates: readonly string[], unknown: readonly string[]): string[] {
  return [
    ...[...new Set(duplicates)].map((path) => `duplicate field ${quote(path)}`),
    ...[...unknown].sort(compareStrings).map((path) => `unknown field ${quote(path)}`),
  ];
}

/** `line 3: key "a" already set in map`, for every key that a mapping has twice. Models go-yaml's strict mode. */
export function repeatedYamlKeys(text: string): string[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.1', logLevel: 'silent', uniqueKeys: false, lineCounter: lines });
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (isSeq(node)) for (const item of node.items) visit(item);
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const pair of node.items) {
      visit(pair.value);
      const key = keyOf(pair);
      if (key === undefined) continue;
      if (seen.has(key)) found.push(`line ${lineOf(pair, lines)}: key ${JSON.stringify(key)} already set in map`);
      seen.add(key);
    }
  };
  visit(document.contents);
  return found;
}

function keyOf(pair: Pair): string | undefined {
  return isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : undefined;
}

/** Go names the line of the value. */
function lineOf({ key, value }: Pair, lines: LineCounter): number {
  const node = ((value as Node | null)?.range === undefined ? key : value) as Node;
  return lines.linePos(node.range?.[0] ?? 0).line;
}

export function asYamlError(repeated: readonly string[]): string {
  return `yaml: unmarshal errors:\n${repeated.map((line) => `  ${line}`).join('\n')}`;
}
