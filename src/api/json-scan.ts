// Reads JSON text for what JSON.parse does not tell: Go's words for a syntax error, and members that occur twice.

export interface JsonScan {
  /** Go's encoding/json text, when the text is not JSON. */
  readonly error?: string;
  /** Paths of members that repeat an earlier one of the same object, as `spec.containers[0].name`. */
  readonly duplicates: readonly string[];
}

class Syntax extends Error {}

export function scanJson(text: string): JsonScan {
  const scanner = new Scanner(text);
  try {
    scanner.document();
    return { duplicates: scanner.duplicates };
  } catch (error) {
    if (error instanceof Syntax) return { error: error.message, duplicates: [] };
    throw error;
  }
}

/** Where each member stands among all of the text, and where its first repetition does. The text is JSON. */
export function memberOrder(text: string): {
  readonly first: ReadonlyMap<string, number>;
  readonly second: ReadonlyMap<string, number>;
} {
  const first = new Map<string, number>();
  const second = new Map<string, number>();
  let count = 0;
  const scanner = new Scanner(text, (path, repeated) => {
    count++;
    if (!first.has(path)) first.set(path, count);
    else if (repeated && !second.has(path)) second.set(path, count);
  });
  scanner.document();
  return { first, second };
}

class Scanner {
  readonly duplicates: string[] = [];
  readonly #onMember: ((path: string, repeated: boolean) => void) | undefined;
  readonly #text: string;
  #at = 0;

  constructor(text: string, onMember?: (path: string, repeated: boolean) => void) {
    this.#text = text;
    this.#onMember = onMember;
  }

  document(): void {
    this.#value('', 'looking for beginning of value');
    this.#space();
    if (this.#at < this.#text.length) this.#fail('after top-level value');
  }

  #value(path: string, context: string): void {
    this.#space();
    const char = this.#text[this.#at];
    if (char === '{') this.#object(path);
    else if (char === '[') this.#array(path);
    else if (char === '"') this.#string();
    else if (char === 't') this.#literal('true');
    else if (char === 'f') this.#literal('false');
    else if (char === 'n') this.#literal('null');
    else if (char !== undefined && /[-0-9]/.test(char)) this.#number();
    else this.#fail(context);
  }

  #object(path: string): void {
    const seen = new Set<string>();
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return;
    }
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('looking for beginning of object key string');
      const key = this.#string();
      const member = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) this.duplicates.push(member);
      this.#onMember?.(member, seen.has(key));
      seen.add(key);
      this.#space();
      if (this.#text[this.#at] !== ':') this.#fail('after object key');
      this.#at++;
      this.#value(member, 'looking for beginning of value');
      this.#space();
      const char = this.#text[this.#at];
      if (char !== ',' && char !== '}') this.#fail('after object key:value pair');
      this.#at++;
      if (char === '}') return;
    }
  }

  #array(path: string): void {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return;
    }
    for (let index = 0; ; index++) {
      this.#value(`${path}[${index}]`, 'looking for beginning of value');
      this.#space();
      const char = this.#text[this.#at];
      if (char !== ',' && char !== ']') this.#fail('after array element');
      this.#at++;
      if (char === ']') return;
    }
  }

  #string(): string {
    const start = this.#at++;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code) || code < 0x20) this.#fail('in string literal');
      this.#at++;
      if (code === 0x22) return this.#text.slice(start + 1, this.#at - 1);
      if (code === 0x5c) this.#escape();
    }
  }

  #escape(): void {
    const char = this.#text[this.#at];
    if (char === undefined || !/["\\/bfnrtu]/.test(char)) this.#fail('in string escape code');
    this.#at++;
    if (char !== 'u') return;
    for (let i = 0; i < 4; i++, this.#at++) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) this.#fail('in \\u hexadecimal character escape');
    }
  }

  #literal(word: string): void {
    for (let i = 1; i < word.length; i++) {
      this.#at++;
      if (this.#text[this.#at] !== word[i]) this.#fail(`in literal ${word} (expecting '${word.charAt(i)}')`);
    }
    this.#at++;
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++;
    if (this.#text[this.#at] === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at++;
      if (/[-+]/.test(this.#text[this.#at] ?? '')) this.#at++;
      this.#digits('in exponent of numeric literal');
    }
  }

  #digits(context: string): void {
    const start = this.#at;
    while (/[0-9]/.test(this.#text[this.#at] ?? '')) this.#at++;
    if (this.#at === start) this.#fail(context);
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #fail(context: string): never {
    const point = this.#text.codePointAt(this.#at);
    if (point === undefined) throw new Syntax('unexpected end of JSON input');
    const char = String.fromCodePoint(point);
    throw new Syntax(`invalid character ${quoteChar(char)} ${context}`);
  }
}

function quoteChar(char: string): string {
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  return `'${JSON.stringify(char).slice(1, -1)}'`;
}
