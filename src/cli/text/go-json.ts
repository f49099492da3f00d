import { isObject } from '../../lib/json.ts';
import { sortedKeys } from '../../lib/order.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
  '\b': '\\b',
  '\f': '\\f',
};

export interface GoJsonOptions {
  /** Text of one level; absent: everything on one line. */
  readonly indent?: string;
  /** As maps are written; structs keep the order of their fields. */
  readonly sorted?: boolean;
  readonly escapeHtml?: boolean;
}

/** JSON as Go's encoding/json writes it. */
export function goJson(value: unknown, options: GoJsonOptions = {}): string {
  return write(value, options, '');
}

/** As kubectl prints an object with `-o json`. */
export function prettyJson(value: unknown, sorted = true): string {
  return `${goJson(value, { indent: '    ', sorted })}\n`;
}

/** Compact with sorted keys: what a map marshals to. */
export function compactJson(value: unknown): string {
  return goJson(value, { sorted: true });
}

function write(value: unknown, options: GoJsonOptions, margin: string): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return quoteJson(value, options.escapeHtml !== false);
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  const inner = margin + (options.indent ?? '');
  if (Array.isArray(value)) {
    return wrap(
      '[',
      value.map((item) => write(item, options, inner)),
      ']',
      options,
      margin,
    );
  }
  if (!isObject(value)) return 'null';
  const keys = (options.sorted === true ? sortedKeys(value) : Object.keys(value)).filter((k) => value[k] !== undefined);
  const colon = options.indent === undefined ? ':' : ': ';
  const parts = keys.map(
    (key) => `${quoteJson(key, options.escapeHtml !== false)}${colon}${write(value[key], options, inner)}`,
  );
  return wrap('{', parts, '}', options, margin);
}

function wrap(open: string, parts: readonly string[], close: string, options: GoJsonOptions, margin: string): string {
  if (parts.length === 0) return open + close;
  if (options.indent === undefined) return open + parts.join(',') + close;
  const inner = margin + options.indent;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`;
}

export function quoteJson(text: string, escapeHtml = true): string {
  const quoted = JSON.stringify(text);
  return escapeHtml ? quoted.replace(/[<>&\u2028\u2029]/g, (char) => ESCAPES[char] ?? char) : quoted;
}

/** strconv 'g'-like: exponents from 1e21 on, written as `1e+21`. */
export function numberText(value: number): string {
  return String(value);
}
