import { isObject } from '../../lib/json.ts';
import { sortedKeys } from '../../lib/order.ts';

/** YAML in braces and quotes, safe to copy anywhere. Models sigs.k8s.io/yaml/kyaml. `sorted`: as maps are written. */
export function emitKyaml(value: unknown, sorted = true): string {
  return `---\n${node(value, 0, sorted)}\n`;
}

function node(value: unknown, indent: number, sorted: boolean): string {
  const margin = '  '.repeat(indent);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    // Lists of what has brackets of its own share them.
    if (value.every((each) => typeof each === 'object' && each !== null))
      return `[${value.map((each) => node(each, indent, sorted)).join(', ')}]`;
    return `[\n${value.map((each) => `${margin}  ${node(each, indent + 1, sorted)},\n`).join('')}${margin}]`;
  }
  if (isObject(value)) {
    const keys = (sorted ? sortedKeys(value) : Object.keys(value)).filter((key) => value[key] !== undefined);
    if (keys.length === 0) return '{}';
    const lines = keys.map((key) => `${margin}  ${keyText(key)}: ${node(value[key], indent + 1, sorted)},\n`);
    return `{\n${lines.join('')}${margin}}`;
  }
  return typeof value === 'string' ? quoted(value, indent + 1) : String(value);
}

/** What some parser of YAML may take for something else than a string. */
const AMBIGUOUS =
  /^(?:null|t|f|true|false|y|n|yes|no|on|off|[-+]?(?:0[xob]?)?[\da-f][\d_a-f]*|[-+]?[\d_.]+(?:e[-+]?\d+)?|[-+]?\.?(?:inf|infinity|nan)|\d{4}-\d+-\d+.*)$/i;

function keyText(key: string): string {
  const plain = /^[\p{L}\p{N}_](?:[-./\p{L}\p{N}_]*[\p{L}\p{N}_])?$/u.test(key);
  const ambiguous = AMBIGUOUS.test(key) && !/^[a-f][\da-f_]+$/i.test(key);
  return plain && !ambiguous ? key : quoted(key, 1);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n\\\n',
  '\t': '\t',
  '\r': '\\r',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '\0': '\\0',
  '\u001b': '\\e',
};

/** A text of several lines is folded: one line each. */
function quoted(text: string, indent: number): string {
  const several = text.includes('\n');
  const margin = '  '.repeat(indent);
  const escaped = (line: string): string =>
    [...line].map((each) => ESCAPES[each] ?? (/\p{C}/u.test(each) ? unicode(each) : each)).join('');
  if (!several) return `"${escaped(text)}"`;
  const lines = text.split(/(?<=\n)/).map((line) => `${margin}${/^[^\S\n]/.test(line) ? '\\' : ' '}${escaped(line)}`);
  return `"\\\n${lines.join('')}${text.endsWith('\n') ? '' : '\\\n'}${margin}"`;
}

function unicode(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = (width: number): string => code.toString(16).padStart(width, '0');
  return code < 0x20 || code === 0x7f ? `\\x${hex(2)}` : code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}
