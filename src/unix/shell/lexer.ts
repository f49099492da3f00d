import { SyntaxError, type List, type Part, type Word } from './ast.ts';

export type Token =
  | {
      readonly kind: 'word';
      readonly word: Word;
      /** As written, when nothing in it is quoted. */ readonly plain?: string;
    }
  | { readonly kind: 'operator'; readonly text: string; readonly descriptor?: number }
  | { readonly kind: 'end' };

const OPERATORS = [
  ';;',
  '&&',
  '||',
  '<<<',
  '<<-',
  '<<',
  '>>',
  '>&',
  '<&',
  '&>',
  ';',
  '&',
  '|',
  '(',
  ')',
  '<',
  '>',
  '\n',
] as const;

/** Cuts text into words and operators; parses what `$(…)` holds with the given function. Models the token rules of POSIX 2.3. */
export class Lexer {
  readonly #text: string;
  readonly #parse: (text: string) => List;
  #at = 0;
  #start = 0;
  readonly #hereDocuments: { delimiter: string; strip: boolean; quoted: boolean; fill: (word: Word) => void }[] = [];

  constructor(text: string, parse: (text: string) => List) {
    this.#text = text;
    this.#parse = parse;
  }

  /** Where the token that was read last begins. */
  get start(): number {
    return this.#start;
  }

  slice(from: number, to: number): string {
    return this.#text.slice(from, to).trim();
  }

  next(): Token {
    this.#skipBlanks();
    this.#start = this.#at;
    const text = this.#text;
    if (this.#at >= text.length) return { kind: 'end' };
    const number = /^\d+(?=[<>])/.exec(text.slice(this.#at, this.#at + 8))?.[0];
    const from = this.#at + (number?.length ?? 0);
    const operator = OPERATORS.find((candidate) => text.startsWith(candidate, from));
    if (operator !== undefined && (number === undefined || '<>'.includes(operator[0] ?? ''))) {
      this.#at = from + operator.length;
      if (operator === '\n') this.#readHereDocuments();
      return { kind: 'operator', text: operator, ...(number === undefined ? {} : { descriptor: Number(number) }) };
    }
    return this.#word();
  }

  /** Reads the here-document's body at the next newline. */
  expectHereDocument(delimiter: string, strip: boolean, quoted: boolean, fill: (word: Word) => void): void {
    this.#hereDocuments.push({ delimiter, strip, quoted, fill });
  }

  #skipBlanks(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char === ' ' || char === '\t' || char === '\r') this.#at++;
      else if (char === '\\' && this.#text[this.#at + 1] === '\n') this.#at += 2;
      else if (char === '#') while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at++;
      else return;
    }
  }

  #word(): Token {
    const parts: Part[] = [];
    let plain = '';
    let isPlain = true;
    const add = (text: string, quoted: boolean): void => {
      const last = parts.at(-1);
      if (last?.kind === 'text' && last.quoted === quoted)
        parts[parts.length - 1] = { ...last, text: last.text + text };
      else parts.push({ kind: 'text', text, quoted });
    };
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || ' \t\r\n;&|()<>'.includes(char)) break;
      if (char === "'") {
        isPlain = false;
        add(this.#single(), true);
      } else if (char === '"') {
        isPlain = false;
        this.#at++;
        parts.push({ kind: 'text', text: '', quoted: true }, ...this.#double('"'));
      } else if (char === '\\') {
        isPlain = false;
        const next = this.#text[this.#at + 1];
        this.#at += 2;
        if (next !== '\n' && next !== undefined) add(next, true);
      } else if (char === '$' || char === '`') {
        isPlain = false;
        const part = this.#dollar(false);
        if (part === undefined) add('$', false);
        else parts.push(part);
      } else {
        plain += char;
        add(char, false);
        this.#at++;
      }
    }
    return { kind: 'word', word: parts, ...(isPlain ? { plain } : {}) };
  }

  #single(): string {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end < 0) throw new SyntaxError('unterminated quoted string');
    const text = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return text;
  }

  /** Inside double quotes (or a here-document, which ends with the text). */
  #double(end: '"' | ''): Part[] {
    const parts: Part[] = [];
    let text = '';
    const flush = (): void => {
      if (text !== '') parts.push({ kind: 'text', text, quoted: true });
      text = '';
    };
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) {
        if (end !== '') throw new SyntaxError('unterminated quoted string');
        break;
      }
      if (char === end) {
        this.#at++;
        break;
      }
      if (char === '\\' && '$`"\\\n'.includes(this.#text[this.#at + 1] ?? ' ')) {
        const next = this.#text[this.#at + 1] ?? '';
        if (next === '"' && end === '') text += '\\"';
        else if (next !== '\n') text += next;
        this.#at += 2;
      } else if (char === '$' || char === '`') {
        const part = this.#dollar(true);
        if (part === undefined) text += '$';
        else {
          flush();
          parts.push(part);
        }
      } else {
        text += char;
        this.#at++;
      }
    }
    flush();
    return parts;
  }

  /** `$name`, `${…}`, `$(…)`, `$((…))` or a back-quoted command; undefined for a lone dollar (which is consumed). */
  #dollar(quoted: boolean): Part | undefined {
    const text = this.#text;
    if (text[this.#at] === '`') return this.#backquoted(quoted);
    this.#at++;
    if (text.startsWith('((', this.#at)) {
      const end = this.#matching(this.#at + 1);
      if (text[end] === ')') {
        const expression = new Lexer(text.slice(this.#at + 2, end - 1), this.#parse).#double('');
        this.#at = end + 1;
        return { kind: 'arithmetic', expression, quoted };
      }
    }
    if (text[this.#at] === '(') {
      const end = this.#matching(this.#at);
      const inner = text.slice(this.#at + 1, end - 1);
      this.#at = end;
      return { kind: 'command', list: this.#parse(inner), quoted };
    }
    if (text[this.#at] === '{') return this.#braced(quoted);
    const name = /^(?:[A-Za-z_]\w*|[0-9@*#?$!-])/.exec(text.slice(this.#at, this.#at + 256))?.[0];
    if (name === undefined) return undefined;
    this.#at += name.length;
    return { kind: 'parameter', name, quoted };
  }

  #backquoted(quoted: boolean): Part {
    let end = this.#at + 1;
    let inner = '';
    for (; this.#text[end] !== '`'; end++) {
      if (end >= this.#text.length) throw new SyntaxError('EOF in backquote substitution');
      if (this.#text[end] === '\\' && '`$\\'.includes(this.#text[end + 1] ?? ' ')) end++;
      inner += this.#text[end];
    }
    this.#at = end + 1;
    return { kind: 'command', list: this.#parse(inner), quoted };
  }

  #braced(quoted: boolean): Part {
    const end = this.#closingBrace(this.#at + 1);
    const inner = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    if (/^#(?:[A-Za-z_]\w*|[0-9@*#?])$/.test(inner))
      return { kind: 'parameter', name: inner.slice(1), operator: '#length', quoted };
    const match = /^([A-Za-z_]\w*|[0-9]+|[@*#?$!-])(?:(:?[-=?+]|%%?|##?)([\s\S]*))?$/.exec(inner);
    if (match === null) throw new SyntaxError('bad substitution');
    const [, name = '', operator, argument] = match;
    if (operator === undefined) return { kind: 'parameter', name, quoted };
    const lexer = new Lexer(argument ?? '', this.#parse);
    return { kind: 'parameter', name, operator, argument: quoted ? lexer.#double('') : lexer.#unsplitWord(), quoted };
  }

  /** A word in which blanks are ordinary characters: the argument of `${name:-…}`. */
  #unsplitWord(): Word {
    const parts: Part[] = [];
    for (;;) {
      const token =
        this.#at < this.#text.length && !' \t\n;&|()<>'.includes(this.#text[this.#at] ?? '') ? this.#word() : undefined;
      if (token?.kind === 'word') parts.push(...token.word);
      else if (this.#at < this.#text.length)
        parts.push({ kind: 'text', text: this.#text[this.#at++] ?? '', quoted: false });
      else return parts;
    }
  }

  /** The index after the parenthesis that closes the one at `from`. */
  #matching(from: number): number {
    let depth = 0;
    for (let i = from; i < this.#text.length; i++) {
      const char = this.#text[i];
      if (char === '\\') i++;
      else if (char === "'") i = this.#endOfQuote(i);
      else if (char === '"') i = this.#endOfDoubleQuote(i);
      else if (char === '(') depth++;
      else if (char === ')' && --depth === 0) return i + 1;
    }
    throw new SyntaxError('unexpected end of file (expecting ")")');
  }

  #closingBrace(from: number): number {
    let depth = 1;
    for (let i = from; i < this.#text.length; i++) {
      const char = this.#text[i];
      if (char === '\\') i++;
      else if (char === "'") i = this.#endOfQuote(i);
      else if (char === '"') i = this.#endOfDoubleQuote(i);
      else if (char === '$' && this.#text[i + 1] === '{') depth++;
      else if (char === '}' && --depth === 0) return i;
    }
    throw new SyntaxError('unexpected end of file (expecting "}")');
  }

  #endOfQuote(from: number): number {
    const end = this.#text.indexOf("'", from + 1);
    if (end < 0) throw new SyntaxError('unterminated quoted string');
    return end;
  }

  #endOfDoubleQuote(from: number): number {
    for (let i = from + 1; i < this.#text.length; i++) {
      if (this.#text[i] === '\\') i++;
      else if (this.#text[i] === '"') return i;
    }
    throw new SyntaxError('unterminated quoted string');
  }

  #readHereDocuments(): void {
    for (const { delimiter, strip, quoted, fill } of this.#hereDocuments.splice(0)) {
      let body = '';
      while (this.#at < this.#text.length) {
        const newline = this.#text.indexOf('\n', this.#at);
        const end = newline < 0 ? this.#text.length : newline;
        let line = this.#text.slice(this.#at, end);
        this.#at = end + 1;
        if (strip) line = line.replace(/^\t+/, '');
        if (line === delimiter) break;
        body += `${line}\n`;
      }
      fill(quoted ? [{ kind: 'text', text: body, quoted: true }] : new Lexer(body, this.#parse).#double(''));
    }
  }
}
