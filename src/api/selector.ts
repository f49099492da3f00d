// Models k8s.io/apimachinery/pkg/labels.
import { compareStrings, sortedKeys, sortedStrings } from '../lib/order.ts';
import type { LabelSelector } from './types.gen.ts';
import { labelKey, labelValue } from './names.ts';
import { quote } from './status.ts';

export type Operator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  /** Sorted. */
  readonly values: readonly string[];
}

/** All requirements must hold; `nothing` matches no object at all. */
export interface Selector {
  readonly nothing: boolean;
  readonly requirements: readonly Requirement[];
}

export type Labels = Readonly<Record<string, string>>;

export const EVERYTHING: Selector = { nothing: false, requirements: [] };
export const NOTHING: Selector = { nothing: true, requirements: [] };

/** A selector that cannot be read, in upstream's words. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

export function matchesLabels(selector: Selector, labels: Labels | undefined): boolean {
  return !selector.nothing && selector.requirements.every((requirement) => meets(requirement, labels ?? {}));
}

/** Whether every pair is among the labels: how a Service selects. An empty set matches everything. */
export function includesLabels(set: Labels, labels: Labels | undefined): boolean {
  return Object.entries(set).every(([key, value]) => valueOf(labels ?? {}, key) === value);
}

function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function meets({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = valueOf(labels, key);
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt':
      return value !== undefined && compareIntegers(value, values[0] ?? '') === (operator === 'gt' ? 1 : -1);
  }
}

function compareIntegers(a: string, b: string): number | undefined {
  if (!isInteger(a) || !isInteger(b)) return undefined;
  const x = BigInt(a);
  const y = BigInt(b);
  return x > y ? 1 : x < y ? -1 : 0;
}

function isInteger(text: string): boolean {
  return /^[-+]?\d+$/.test(text);
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** Reads the selector of an object; without one nothing matches, an empty one matches everything. */
export function labelSelector(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return NOTHING;
  const requirements: Requirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => {
    return newRequirement(key, '=', [value]);
  });
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = OPERATORS[operator];
    if (known === undefined) throw new SelectorError(`${quote(operator)} is not a valid label selector operator`);
    requirements.push(newRequirement(key, known, values ?? []));
  }
  return { nothing: false, requirements: requirements.sort((a, b) => compareStrings(a.key, b.key)) };
}

/** The selector that a set of labels stands for. */
export function setSelector(labels: Labels | undefined): Selector {
  const requirements = sortedKeys(labels ?? {}).map((key): Requirement => {
    return { key, operator: '=', values: [labels?.[key] ?? ''] };
  });
  return { nothing: false, requirements };
}

/** As `-o wide` and `describe` print selectors: `app=web,tier in (a,b),!legacy`. */
export function formatSelector(selector: Selector): string {
  return selector.requirements.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
    case 'lt':
      return `${key}${operator === 'gt' ? '>' : '<'}${values[0] ?? ''}`;
    default:
      return `${key}${operator}${values[0] ?? ''}`;
  }
}

export function newRequirement(key: string, operator: Operator, values: readonly string[]): Requirement {
  const keyProblems = labelKey(key);
  if (keyProblems.length > 0) throw new SelectorError(`key: Invalid value: ${quote(key)}: ${keyProblems.join('; ')}`);
  const complaint = countComplaint(operator, values.length);
  if (complaint !== undefined) {
    throw new SelectorError(`values: Invalid value: [${values.map(quote).join(',')}]: ${complaint}`);
  }
  values.forEach((value, i) => {
    if ((operator === 'gt' || operator === 'lt') && !isInteger(value)) {
      throw new SelectorError(
        `values[${i}]: Invalid value: ${quote(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    const problems = labelValue(value);
    if (problems.length > 0) {
      throw new SelectorError(`values[${i}][${key}]: Invalid value: ${quote(value)}: ${problems.join('; ')}`);
    }
  });
  return { key, operator, values: sortedStrings(new Set(values)) };
}

function countComplaint(operator: Operator, count: number): string | undefined {
  switch (operator) {
    case 'in':
    case 'notin':
      return count === 0 ? "for 'in', 'notin' operators, values set can't be empty" : undefined;
    case '=':
    case '==':
    case '!=':
      return count === 1 ? undefined : 'exact-match compatibility requires one single value';
    case 'exists':
    case '!':
      return count === 0 ? undefined : 'values set must be empty for exists and does not exist';
    case 'gt':
    case 'lt':
      return count === 1 ? undefined : "for 'Gt', 'Lt' operators, exactly one value is required";
  }
}

/** Reads `a=b,c in (d,e),!f`. Throws SelectorError. */
export function parseSelector(text: string): Selector {
  return new SelectorParser(text).parse();
}

type TokenKind =
  'identifier' | 'end' | 'error' | ')' | ',' | '!' | '==' | '=' | '>' | 'in' | '<' | '!=' | 'notin' | '(';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const SYMBOLS: readonly TokenKind[] = ['==', '!=', ')', ',', '!', '=', '>', '<', '('];
const BINARY_OPERATORS = 'in, notin, =, ==, !=, gt, lt';

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text.charAt(at))) {
      at++;
      continue;
    }
    const symbol = SYMBOLS.find((candidate) => text.startsWith(candidate, at));
    if (symbol !== undefined) {
      tokens.push({ kind: symbol, text: symbol });
      at += symbol.length;
      continue;
    }
    const word = /^[^=!(),><\s]+/.exec(text.slice(at))?.[0] ?? '';
    tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word });
    at += word.length;
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

class SelectorParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): Selector {
    const requirements: Requirement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end') break;
      if (token.kind !== 'identifier' && token.kind !== '!') {
        throw new SelectorError(`found '${token.text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#wrappedRequirement());
      const next = this.#take();
      if (next.kind === 'end') break;
      if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`);
      const after = this.#peek();
      if (after.kind !== 'identifier' && after.kind !== '!') {
        throw new SelectorError(`found '${after.text}', expected: identifier after ','`);
      }
    }
    return { nothing: false, requirements: requirements.sort((a, b) => compareStrings(a.key, b.key)) };
  }

  #wrappedRequirement(): Requirement {
    try {
      return this.#requirement();
    } catch (error) {
      if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  #requirement(): Requirement {
    let token = this.#take();
    const absent = token.kind === '!';
    if (absent) token = this.#take();
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const problems = labelKey(key);
    if (problems.length > 0) throw new SelectorError(`<nil>: Invalid value: ${quote(key)}: ${problems.join('; ')}`);
    const next = this.#peek();
    if (absent) return newRequirement(key, '!', []);
    if (next.kind === 'end' || next.kind === ',') return newRequirement(key, 'exists', []);
    const operator = this.#operator();
    const values = operator === 'in' || operator === 'notin' ? this.#list() : [this.#value()];
    return newRequirement(key, operator, sortedStrings(new Set(values)));
  }

  #operator(): Operator {
    const { kind, text } = this.#take(false);
    switch (kind) {
      case 'in':
      case 'notin':
      case '=':
      case '==':
      case '!=':
        return kind;
      case '>':
        return 'gt';
      case '<':
        return 'lt';
      default:
        throw new SelectorError(`found '${text}', expected: ${BINARY_OPERATORS}`);
    }
  }

  #value(): string {
    const next = this.#peek();
    if (next.kind === 'end' || next.kind === ',') return '';
    const token = this.#take();
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #list(): string[] {
    const open = this.#take();
    if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.kind === ')') {
      this.#take();
      return [''];
    }
    if (first.kind !== 'identifier' && first.kind !== ',') {
      throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = this.#identifiers();
    if (this.#take().kind !== ')') throw new SelectorError(`found '${first.text}', expected: ')'`);
    return values;
  }

  #identifiers(): string[] {
    const values: string[] = [];
    for (;;) {
      const token = this.#take();
      const next = this.#peek();
      if (token.kind === 'identifier') {
        values.push(token.text);
        if (next.kind === ')') return values;
        if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or ')'`);
      } else if (token.kind === ',') {
        if (values.length === 0) values.push('');
        if (next.kind === ')') return [...values, ''];
        if (next.kind === ',') {
          this.#take();
          values.push('');
        }
      } else {
        throw new SelectorError(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }

  /** Where values are expected, `in` and `notin` are ordinary words. */
  #peek(words = true): Token {
    const token = this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] ?? { kind: 'end', text: '' };
    return words && (token.kind === 'in' || token.kind === 'notin') ? { kind: 'identifier', text: token.text } : token;
  }

  #take(words = true): Token {
    const token = this.#peek(words);
    this.#at++;
    return token;
  }
}
