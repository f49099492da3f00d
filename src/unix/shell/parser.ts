import {
  SyntaxError,
  type AndOr,
  type Assignment,
  type List,
  type Node,
  type Part,
  type Pipeline,
  type Redirect,
  type Word,
} from './ast.ts';
import { Lexer, type Token } from './lexer.ts';

const RESERVED = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'do',
  'done',
  'while',
  'until',
  'for',
  'in',
  'case',
  'esac',
  '{',
  '}',
  '!',
  'function',
]);
const CLOSERS = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}']);

/** Parses a script of the POSIX shell. Throws SyntaxError with ash's text. */
export function parseScript(text: string): List {
  const parser = new Parser(new Lexer(text, parseScript));
  const list = parser.list();
  parser.expectEnd();
  return list;
}

class Parser {
  readonly #lexer: Lexer;
  #token: Token;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
    this.#token = lexer.next();
  }

  list(): List {
    const items: AndOr[] = [];
    this.#skipNewlines();
    while (this.#startsCommand()) {
      const { start } = this.#lexer;
      const item = this.#andOr();
      const background = this.#isOperator('&');
      items.push(background ? { ...item, background, text: this.#lexer.slice(start, this.#lexer.start) } : item);
      if (background || this.#isOperator(';')) this.#advance();
      else if (!this.#isOperator('\n')) break;
      this.#skipNewlines();
    }
    return items;
  }

  expectEnd(): void {
    if (this.#token.kind !== 'end') throw this.#unexpected();
  }

  #andOr(): AndOr {
    const first = this.#pipeline();
    const rest: { operator: '&&' | '||'; pipeline: Pipeline }[] = [];
    for (;;) {
      const operator = this.#isOperator('&&') ? '&&' : this.#isOperator('||') ? '||' : undefined;
      if (operator === undefined) return { first, rest, background: false };
      this.#advance();
      this.#skipNewlines();
      rest.push({ operator, pipeline: this.#pipeline() });
    }
  }

  #pipeline(): Pipeline {
    let negated = false;
    while (this.#isWord('!')) {
      negated = !negated;
      this.#advance();
    }
    const commands = [this.#command()];
    while (this.#isOperator('|')) {
      this.#advance();
      this.#skipNewlines();
      commands.push(this.#command());
    }
    return { negated, commands };
  }

  #command(): Node {
    if (this.#isOperator('(')) {
      this.#advance();
      const body = this.list();
      this.#expectOperator(')');
      return { kind: 'subshell', body, redirects: this.#redirects() };
    }
    const word = this.#token.kind === 'word' ? this.#token.plain : undefined;
    switch (word) {
      case '{': {
        this.#advance();
        const body = this.list();
        this.#expectWord('}');
        return { kind: 'group', body, redirects: this.#redirects() };
      }
      case 'if':
        return this.#if();
      case 'while':
      case 'until': {
        this.#advance();
        const condition = this.list();
        const body = this.#doGroup();
        return { kind: 'while', until: word === 'until', condition, body, redirects: this.#redirects() };
      }
      case 'for':
        return this.#for();
      case 'case':
        return this.#case();
      case 'function':
        this.#advance();
        return this.#function(this.#name());
      default:
        return this.#simple();
    }
  }

  #if(): Node {
    const branches: { condition: List; body: List }[] = [];
    let otherwise: List | undefined;
    do {
      this.#advance();
      const condition = this.list();
      this.#expectWord('then');
      branches.push({ condition, body: this.list() });
    } while (this.#isWord('elif'));
    if (this.#isWord('else')) {
      this.#advance();
      otherwise = this.list();
    }
    this.#expectWord('fi');
    return { kind: 'if', branches, ...(otherwise === undefined ? {} : { otherwise }), redirects: this.#redirects() };
  }

  #for(): Node {
    this.#advance();
    const name = this.#name();
    this.#skipNewlines();
    let words: Word[] | undefined;
    if (this.#isWord('in')) {
      this.#advance();
      words = [];
      while (this.#token.kind === 'word') words.push(this.#takeWord());
    }
    if (this.#isOperator(';')) this.#advance();
    this.#skipNewlines();
    const body = this.#doGroup();
    return { kind: 'for', name, ...(words === undefined ? {} : { words }), body, redirects: this.#redirects() };
  }

  #case(): Node {
    this.#advance();
    const subject = this.#takeWord();
    this.#skipNewlines();
    this.#expectWord('in');
    this.#skipNewlines();
    const items: { patterns: Word[]; body: List }[] = [];
    while (!this.#isWord('esac')) {
      if (this.#isOperator('(')) this.#advance();
      const patterns = [this.#takeWord()];
      while (this.#isOperator('|')) {
        this.#advance();
        patterns.push(this.#takeWord());
      }
      this.#expectOperator(')');
      items.push({ patterns, body: this.list() });
      if (this.#isOperator(';;')) this.#advance();
      else if (!this.#isWord('esac')) throw this.#unexpected();
      this.#skipNewlines();
    }
    this.#expectWord('esac');
    return { kind: 'case', subject, items, redirects: this.#redirects() };
  }

  #doGroup(): List {
    this.#skipNewlines();
    if (this.#isOperator(';')) this.#advance();
    this.#expectWord('do');
    const body = this.list();
    this.#expectWord('done');
    return body;
  }

  #function(name: string): Node {
    if (this.#isOperator('(')) {
      this.#advance();
      this.#expectOperator(')');
    }
    this.#skipNewlines();
    return { kind: 'function', name, body: this.#command() };
  }

  #simple(): Node {
    const assignments: Assignment[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      const redirect = this.#redirect();
      if (redirect !== undefined) {
        redirects.push(redirect);
        continue;
      }
      if (this.#token.kind !== 'word') break;
      const { word, plain } = this.#token;
      const assignment = words.length === 0 ? assignmentOf(word) : undefined;
      this.#advance();
      if (assignment !== undefined) assignments.push(assignment);
      else words.push(word);
      if (words.length === 1 && assignments.length === 0 && plain !== undefined && this.#isOperator('(')) {
        return this.#function(plain);
      }
    }
    if (assignments.length + words.length + redirects.length === 0) throw this.#unexpected();
    return { kind: 'simple', assignments, words, redirects };
  }

  #redirects(): readonly Redirect[] {
    const redirects: Redirect[] = [];
    for (let next = this.#redirect(); next !== undefined; next = this.#redirect()) redirects.push(next);
    return redirects;
  }

  #redirect(): Redirect | undefined {
    const token = this.#token;
    if (token.kind !== 'operator' || !/[<>]/.test(token.text)) return undefined;
    this.#advance();
    const operator = token.text;
    if (operator === '<<' || operator === '<<-') return this.#hereDocument(operator === '<<-', token.descriptor ?? 0);
    const target = this.#takeWord();
    // A here-string: the word, and an end of line.
    if (operator === '<<<')
      return {
        operator: '<<',
        target: [...target, { kind: 'text', text: '\n', quoted: true }],
        descriptor: token.descriptor ?? 0,
      };
    if (
      operator !== '<' &&
      operator !== '>' &&
      operator !== '>>' &&
      operator !== '>&' &&
      operator !== '<&' &&
      operator !== '&>'
    )
      throw this.#unexpected();
    return { operator, target, descriptor: token.descriptor ?? (operator.startsWith('<') ? 0 : 1) };
  }

  #hereDocument(strip: boolean, descriptor: number): Redirect {
    if (this.#token.kind !== 'word') throw this.#unexpected();
    const { word, plain } = this.#token;
    const delimiter = plain ?? word.map((part) => (part.kind === 'text' ? part.text : '')).join('');
    const target: Part[] = [];
    this.#lexer.expectHereDocument(delimiter, strip, plain === undefined, (body) => target.push(...body));
    this.#advance();
    return { operator: '<<', target, descriptor };
  }

  #startsCommand(): boolean {
    if (this.#token.kind === 'word') return this.#token.plain === undefined || !CLOSERS.has(this.#token.plain);
    return this.#token.kind === 'operator' && (this.#token.text === '(' || /[<>]/.test(this.#token.text));
  }

  #isOperator(text: string): boolean {
    return this.#token.kind === 'operator' && this.#token.text === text;
  }

  #isWord(text: string): boolean {
    return this.#token.kind === 'word' && this.#token.plain === text;
  }

  #expectOperator(text: string): void {
    if (!this.#isOperator(text)) throw this.#unexpected(text);
    this.#advance();
  }

  #expectWord(text: string): void {
    if (!this.#isWord(text)) throw this.#unexpected(text);
    this.#advance();
  }

  #takeWord(): Word {
    if (this.#token.kind !== 'word') throw this.#unexpected();
    const { word } = this.#token;
    this.#advance();
    return word;
  }

  #name(): string {
    const name = this.#token.kind === 'word' ? this.#token.plain : undefined;
    if (name === undefined || RESERVED.has(name)) throw this.#unexpected();
    this.#advance();
    return name;
  }

  #skipNewlines(): void {
    while (this.#isOperator('\n')) this.#advance();
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #unexpected(expecting?: string): SyntaxError {
    const hint = expecting === undefined ? '' : ` (expecting "${expecting}")`;
    const token = this.#token;
    if (token.kind === 'end') return new SyntaxError(`syntax error: unexpected end of file${hint}`);
    if (token.kind === 'operator') {
      return new SyntaxError(`syntax error: unexpected ${token.text === '\n' ? 'newline' : `"${token.text}"`}${hint}`);
    }
    const plain = token.plain;
    return new SyntaxError(
      `syntax error: unexpected ${plain !== undefined && RESERVED.has(plain) ? `"${plain}"` : 'word'}${hint}`,
    );
  }
}

function assignmentOf(word: Word): Assignment | undefined {
  const first = word[0];
  if (first?.kind !== 'text' || first.quoted) return undefined;
  const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(first.text);
  if (match === null) return undefined;
  const [, name = '', rest = ''] = match;
  return { name, value: [...(rest === '' ? [] : [{ ...first, text: rest }]), ...word.slice(1)] };
}
