import { isObject } from '../../lib/json.ts';
import { plainIsString } from './yaml-scalar.ts';

/** Data as sigs.k8s.io/yaml prints it: sorted keys, sequences not indented, lines folded past 80. Models goyaml.v2's emitter. */
export function emitYaml(value: unknown): string {
  const emitter = new Emitter();
  emitter.node(value, -1, 'root');
  return emitter.finish();
}

const BEST_WIDTH = 80;

type Place = 'root' | 'value' | 'item';

class Emitter {
  private out = '';
  private column = 0;

  finish(): string {
    return this.out.endsWith('\n') ? this.out : `${this.out}\n`;
  }

  /** `indent`: of the collection that holds this node; -1 at the root. */
  node(value: unknown, indent: number, place: Place): void {
    if (Array.isArray(value) && value.length > 0) return this.sequence(value, indent, place);
    if (isObject(value)) {
      const keys = Object.keys(value)
        .filter((key) => value[key] !== undefined)
        .sort(compareYamlKeys);
      if (keys.length > 0) return this.mapping(value, keys, indent, place);
    }
    if (place === 'value' || place === 'item') this.put(place === 'value' ? ' ' : '');
    this.scalar(value, indent);
  }

  private sequence(items: readonly unknown[], indent: number, place: Place): void {
    const own = place === 'root' ? 0 : place === 'value' ? indent : indent + 2;
    items.forEach((item, index) => {
      if (!(index === 0 && place === 'item') && !(index === 0 && place === 'root')) this.newline(own);
      this.put('- ');
      this.node(item, own, 'item');
    });
  }

  private mapping(value: Record<string, unknown>, keys: readonly string[], indent: number, place: Place): void {
    const own = place === 'root' ? 0 : indent + 2;
    keys.forEach((key, index) => {
      if (!(index === 0 && place !== 'value')) this.newline(own);
      this.scalarText(key, own, true);
      this.put(':');
      this.node(value[key], own, 'value');
    });
  }

  private scalar(value: unknown, indent: number): void {
    if (typeof value === 'string') return this.scalarText(value, indent, false);
    if (Array.isArray(value)) return this.put('[]');
    if (isObject(value)) return this.put('{}');
    if (typeof value === 'number') return this.put(numberText(value));
    this.put(value === null || value === undefined ? 'null' : String(value));
  }

  private scalarText(text: string, indent: number, key: boolean): void {
    const facts = analyze(text);
    const inner = indent < 0 ? 0 : indent + 2;
    if (text.includes('\n') && !key && facts.blockAllowed) return this.literal(text, inner);
    if (!text.includes('\n') && plainIsString(text)) {
      if (facts.plainAllowed) return this.folded(text, inner, key, false);
      if (facts.singleAllowed) {
        this.put("'");
        this.folded(text.replaceAll("'", "''"), inner, key, true);
        return this.put("'");
      }
    }
    this.doubleQuoted(text, inner, key);
  }

  /** Plain and single-quoted text: broken at a space once the line is past the best width. */
  private folded(text: string, indent: number, key: boolean, quoted: boolean): void {
    let spaces = false;
    for (let i = 0; i < text.length; i++) {
      const char = text[i] ?? '';
      const inside = !quoted || (i > 0 && i < text.length - 1);
      if (char === ' ' && !key && !spaces && this.column > BEST_WIDTH && inside && text[i + 1] !== ' ')
        this.newline(indent);
      else this.put(char);
      spaces = char === ' ';
    }
  }

  private doubleQuoted(text: string, indent: number, key: boolean): void {
    this.put('"');
    let spaces = false;
    const chars = [...text];
    chars.forEach((char, i) => {
      const canBreak = char === ' ' && !key && !spaces && this.column > BEST_WIDTH && i > 0 && i < chars.length - 1;
      if (canBreak) {
        this.newline(indent);
        if (chars[i + 1] === ' ') this.put('\\');
      } else this.put(escapeDouble(char));
      spaces = char === ' ';
    });
    this.put('"');
  }

  private literal(text: string, indent: number): void {
    const hint = text.startsWith(' ') || text.startsWith('\n') ? '2' : '';
    const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
    this.put(`|${hint}${chomp}`);
    const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
    for (const line of lines) {
      if (line === '') this.out += '\n';
      else this.newline(indent);
      this.put(line);
    }
  }

  private newline(indent: number): void {
    this.out += `\n${' '.repeat(indent)}`;
    this.column = indent;
  }

  private put(text: string): void {
    this.out += text;
    this.column += [...text].length;
  }
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  const text = String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

interface ScalarFacts {
  readonly plainAllowed: boolean;
  readonly singleAllowed: boolean;
  readonly blockAllowed: boolean;
}

/** Models yaml_emitter_analyze_scalar, for block context. */
function analyze(text: string): ScalarFacts {
  if (text === '') return { plainAllowed: false, singleAllowed: true, blockAllowed: false };
  const special = /[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|\ufeff/u.test(text);
  const indicators =
    /^[#,[\]{}&*!|>'"%@`]/.test(text) ||
    /^[-?:](?:\s|$)/.test(text) ||
    /^(?:---|\.\.\.)/.test(text) ||
    /:(?:\s|$)/.test(text) ||
    /\s#/.test(text);
  const edgeSpace = text.startsWith(' ') || text.endsWith(' ');
  const edgeBreak = text.startsWith('\n') || text.endsWith('\n');
  const spaceBreak = / \n/.test(text);
  const multiline = text.includes('\n');
  return {
    plainAllowed: !special && !indicators && !edgeSpace && !edgeBreak && !multiline,
    singleAllowed: !special && !spaceBreak && !multiline,
    blockAllowed: !special && !spaceBreak && !text.endsWith(' '),
  };
}

const DOUBLE_ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\xa0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escapeDouble(char: string): string {
  const known = DOUBLE_ESCAPES[char];
  if (known !== undefined) return known;
  const code = char.codePointAt(0) ?? 0;
  if ((code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code !== 0xfeff))
    return char;
  return code <= 0xff
    ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
    : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

const LETTER = /\p{L}/u;
const DIGIT = /\d/;

/** Natural order: numbers inside keys compare as numbers, and other characters come before letters. Models goyaml.v2/sorter.go. */
export function compareYamlKeys(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a[i] ?? '';
    const y = b[i] ?? '';
    if (x === y) continue;
    const xLetter = LETTER.test(x);
    const yLetter = LETTER.test(y);
    if (xLetter && yLetter) return x < y ? -1 : 1;
    if (xLetter || yLetter) return yLetter ? -1 : 1;
    const one = digitsFrom(a, i, leadingDigit(a, b, i));
    const two = digitsFrom(b, i, leadingDigit(a, b, i));
    if (one.value !== two.value) return one.value < two.value ? -1 : 1;
    if (one.end !== two.end) return one.end - two.end;
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** Zeros count only behind another digit. */
function leadingDigit(a: string, b: string, at: number): number {
  if (a[at] !== '0' && b[at] !== '0') return 0;
  for (let j = at - 1; j >= 0 && DIGIT.test(a[j] ?? ''); j--) if (a[j] !== '0') return 1;
  return 0;
}

function digitsFrom(text: string, from: number, start: number): { value: number; end: number } {
  let value = start;
  let end = from;
  for (; end < text.length && DIGIT.test(text[end] ?? ''); end++) value = value * 10 + Number(text[end]);
  return { value, end };
}
