import { quoteGoChar } from './go-quote.ts';
import { setOwn } from '../../lib/json.ts';

/** A JSON text that Go's decoder refuses; the message is Go's. */
export class GoJsonError extends Error {
  override readonly name = 'GoJsonError';
}

/** Reads JSON with encoding/json's error texts. */
export function parseGoJson(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value('looking for beginning of value');
  reader.end();
  return value;
}

/** Reads JSON texts one after another, as a stream of documents. */
export function parseGoJsonStream(text: string): unknown[] {
  const reader = new Reader(text);
  const values: unknown[] = [];
  while (!reader.done()) values.push(reader.value('looking for beginning of value'));
  return values;
}

const SPACE = ' \t\r\n';

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  done(): boolean {
    this.space();
    return this.at >= this.text.length;
  }

  end(): void {
    if (!this.done()) throw this.bad('after top-level value');
  }

  value(context: string): unknown {
    this.space();
    const char = this.text[this.at];
    if (char === '{') return this.object();
    if (char === '[') return this.array();
    if (char === '"') return this.string();
    if (char !== undefined && /[-0-9]/.test(char)) return this.number();
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (char === word[0]) return this.literal(word, value);
    }
    throw this.bad(context);
  }

  private object(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    this.at++;
    this.space();
    if (this.text[this.at] === '}') {
      this.at++;
      return result;
    }
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') throw this.bad('looking for beginning of object key string');
      const key = this.string();
      this.space();
      if (this.text[this.at] !== ':') throw this.bad('after object key');
      this.at++;
      setOwn(result, key, this.value('looking for beginning of value'));
      this.space();
      const next = this.text[this.at];
      if (next !== ',' && next !== '}') throw this.bad('after object key:value pair');
      this.at++;
      if (next === '}') return result;
    }
  }

  private array(): unknown[] {
    const result: unknown[] = [];
    this.at++;
    this.space();
    if (this.text[this.at] === ']') {
      this.at++;
      return result;
    }
    for (;;) {
      result.push(this.value('looking for beginning of value'));
      this.space();
      const next = this.text[this.at];
      if (next !== ',' && next !== ']') throw this.bad('after array element');
      this.at++;
      if (next === ']') return result;
    }
  }

  private string(): string {
    const start = this.at++;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) throw this.bad('');
      if (char < ' ') throw this.bad('in string literal');
      if (char === '"') break;
      if (char === '\\') this.escape();
      this.at++;
    }
    this.at++;
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  private escape(): void {
    this.at++;
    const char = this.text[this.at];
    if (char === 'u') {
      for (let i = 0; i < 4; i++) {
        this.at++;
        if (!/[0-9a-fA-F]/.test(this.text[this.at] ?? '')) throw this.bad('in \\u hexadecimal character escape');
      }
    } else if (char === undefined || !'"\\/bfnrt'.includes(char)) throw this.bad('in string escape code');
  }

  private number(): number {
    const match = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/.exec(this.text.slice(this.at));
    if (match === null) {
      this.at++;
      throw this.bad('in numeric literal');
    }
    this.at += match[0].length;
    return Number(match[0]);
  }

  private literal<T>(word: string, value: T): T {
    for (const char of word) {
      if (this.text[this.at] !== char) throw this.bad(`in literal ${word} (expecting ${quoteGoChar(char)})`);
      this.at++;
    }
    return value;
  }

  private space(): void {
    while (SPACE.includes(this.text[this.at] ?? 'x')) this.at++;
  }

  private bad(context: string): GoJsonError {
    const char = this.text[this.at];
    if (char === undefined) return new GoJsonError('unexpected EOF');
    return new GoJsonError(`invalid character ${quoteGoChar(char)} ${context}`);
  }
}
