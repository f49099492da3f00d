/** kubectl's JSONPath templates. Models k8s.io/client-go/util/jsonpath/parser.go. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

export type PathNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly steps: readonly Step[] }
  | { readonly kind: 'range'; readonly over: readonly Step[]; readonly body: readonly PathNode[] };

export type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'root' | 'current' | 'wildcard' | 'recursive' }
  | {
      readonly kind: 'slice';
      readonly from?: number;
      readonly to?: number;
      readonly step?: number;
      readonly single: boolean;
    }
  | { readonly kind: 'union'; readonly parts: readonly (readonly Step[])[] }
  | {
      readonly kind: 'filter';
      readonly left: readonly Step[];
      readonly operator: string;
      readonly right: readonly Step[];
    }
  | { readonly kind: 'value'; readonly value: string | number | boolean };

export function parseJsonPath(template: string): readonly PathNode[] {
  const tokens: (PathNode | 'end' | { readonly range: readonly Step[] })[] = [];
  let rest = template;
  while (rest !== '') {
    const open = rest.indexOf('{');
    if (open < 0) {
      tokens.push({ kind: 'text', text: rest });
      break;
    }
    if (open > 0) tokens.push({ kind: 'text', text: rest.slice(0, open) });
    const action = new ActionReader(rest.slice(open + 1));
    tokens.push(...action.read());
    rest = rest.slice(open + 1 + action.used);
  }
  return nest(tokens);
}

/** Builds the blocks that `range` and `end` enclose. */
function nest(tokens: readonly (PathNode | 'end' | { readonly range: readonly Step[] })[]): readonly PathNode[] {
  const stack: { over: readonly Step[]; body: PathNode[] }[] = [{ over: [], body: [] }];
  const close = (): void => {
    const done = stack.pop();
    if (done !== undefined) stack.at(-1)?.body.push({ kind: 'range', over: done.over, body: done.body });
  };
  for (const token of tokens) {
    if (token === 'end') {
      if (stack.length === 1) throw new JsonPathError('not in range, nothing to end');
      close();
    } else if ('range' in token) stack.push({ over: token.range, body: [] });
    else stack.at(-1)?.body.push(token);
  }
  if (stack.length > 1) throw new JsonPathError('unterminated range');
  return stack[0]?.body ?? [];
}

class ActionReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get used(): number {
    return this.at;
  }

  /** Everything up to the closing brace. */
  read(): (PathNode | 'end' | { readonly range: readonly Step[] })[] {
    const found: (PathNode | 'end' | { readonly range: readonly Step[] })[] = [];
    let steps: Step[] = [];
    let ranged = false;
    const flush = (): void => {
      if (ranged) found.push({ range: steps });
      else if (steps.length > 0) found.push({ kind: 'list', steps });
      steps = [];
      ranged = false;
    };
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined || char === '\n') throw new JsonPathError('unclosed action');
      if (char === '}') {
        this.at++;
        flush();
        return found;
      }
      if (/\s/.test(char)) {
        this.at++;
        if (!ranged || steps.length > 0) flush();
        continue;
      }
      const word = /^[A-Za-z_]\w*/.exec(this.text.slice(this.at))?.[0];
      if (word === 'range') {
        flush();
        this.at += word.length;
        ranged = true;
      } else if (word === 'end') {
        flush();
        this.at += word.length;
        found.push('end');
      } else if (char === '"' || char === "'") {
        flush();
        found.push({ kind: 'text', text: this.quoted(char) });
      } else if (
        word !== undefined &&
        word !== 'true' &&
        word !== 'false' &&
        !/[.[]/.test(this.text[this.at - 1] ?? '')
      ) {
        throw new JsonPathError(`unrecognized identifier ${word}`);
      } else steps.push(...this.step());
    }
  }

  /** The steps of a path that stands alone: one side of a filter, a member of a union. */
  readSteps(): Step[] {
    const steps: Step[] = [];
    while (this.at < this.text.length) {
      const char = this.text[this.at] ?? '';
      if (/\s/.test(char)) this.at++;
      else if (char === '"' || char === "'") steps.push({ kind: 'value', value: this.quoted(char) });
      else steps.push(...this.step());
    }
    return steps;
  }

  private step(): Step[] {
    const rest = this.text.slice(this.at);
    const char = rest[0] ?? '';
    if (rest.startsWith('..')) {
      this.at += 2;
      const next = this.text[this.at] ?? '';
      return /[[*@]/.test(next) || next === '' || next === '}'
        ? [{ kind: 'recursive' }]
        : [{ kind: 'recursive' }, this.field()];
    }
    if (char === '.') {
      this.at++;
      const next = this.text[this.at];
      if (next === '[') return [];
      if (next === '*') {
        this.at++;
        return [{ kind: 'wildcard' }];
      }
      return next === undefined || next === '}' || /\s/.test(next) ? [{ kind: 'current' }] : [this.field()];
    }
    if (char === '[') return [this.bracket()];
    this.at++;
    if (char === '@') return [{ kind: 'current' }];
    if (char === '$') return [{ kind: 'root' }];
    if (char === '*') return [{ kind: 'wildcard' }];
    const literal = /^(true|false)\b/.exec(rest) ?? /^[-+]?\d+(\.\d+)?/.exec(rest);
    if (literal === null) throw new JsonPathError(`unrecognized character in action: ${unicode(char)}`);
    this.at += literal[0].length - 1;
    const text = literal[0];
    return [{ kind: 'value', value: text === 'true' ? true : text === 'false' ? false : Number(text) }];
  }

  /** A dot's name; a backslash takes the next character as it is. */
  private field(): Step {
    let name = '';
    for (;;) {
      const char = this.text[this.at];
      if (char === '\\') {
        name += this.text[this.at + 1] ?? '';
        this.at += 2;
        continue;
      }
      if (char === undefined || /[\s.[\](){}=!<>,*"'@$]/.test(char)) break;
      name += char;
      this.at++;
    }
    return { kind: 'field', name };
  }

  private quoted(mark: string): string {
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== mark) end += this.text[end] === '\\' ? 2 : 1;
    if (end >= this.text.length) throw new JsonPathError('unterminated quoted string');
    const inner = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return inner.replace(/\\(.)/g, (_all, char: string) => QUOTED[char] ?? char);
  }

  private bracket(): Step {
    const start = this.at + 1;
    if (this.text[start] === '?') return this.filter(start);
    let end = start;
    let mark = '';
    for (; end < this.text.length; end++) {
      const char = this.text[end] ?? '';
      if (mark !== '') {
        if (char === '\\') end++;
        else if (char === mark) mark = '';
      } else if (char === '"' || char === "'") mark = char;
      else if (char === ']') break;
      else if (char === '\n') end = this.text.length;
    }
    if (end >= this.text.length) throw new JsonPathError('unterminated array');
    const inner = this.text.slice(start, end).trim();
    this.at = end + 1;
    return arrayStep(inner);
  }

  private filter(start: number): Step {
    if (this.text[start + 1] !== '(') throw new JsonPathError(`unrecognized character in action: ${unicode('?')}`);
    let depth = 0;
    let mark = '';
    let end = start + 1;
    for (; end < this.text.length; end++) {
      const char = this.text[end] ?? '';
      if (mark !== '') {
        if (char === '\\') end++;
        else if (char === mark) mark = '';
      } else if (char === '"' || char === "'") mark = char;
      else if (char === '(') depth++;
      else if (char === ')' && --depth === 0) break;
    }
    if (end >= this.text.length || this.text[end + 1] !== ']') throw new JsonPathError('unterminated filter');
    const inner = this.text.slice(start + 2, end);
    this.at = end + 2;
    const comparison = /^([^!<>=]+)([!<>=]+)(.+)$/s.exec(inner);
    const left = new ActionReader((comparison?.[1] ?? inner).trim()).readSteps();
    if (comparison === null) return { kind: 'filter', left, operator: 'exists', right: [] };
    const operator = comparison[2] ?? '';
    if (!['==', '!=', '<', '>', '<=', '>='].includes(operator))
      throw new JsonPathError(`unrecognized filter operator ${operator}`);
    return { kind: 'filter', left, operator, right: new ActionReader((comparison[3] ?? '').trim()).readSteps() };
  }
}

const QUOTED: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function arrayStep(inner: string): Step {
  if (inner === '*') return { kind: 'wildcard' };
  if (/^(['"]).*\1$/s.test(inner) && !/['"]\s*,\s*['"]/.test(inner)) {
    return { kind: 'field', name: inner.slice(1, -1).replace(/\\(.)/g, '$1') };
  }
  if (inner.includes(',')) return { kind: 'union', parts: inner.split(',').map((part) => [arrayStep(part.trim())]) };
  const slice = /^(-?\d*)(?:(:)(-?\d*))?(?:(:)(-?\d*))?$/.exec(inner);
  if (slice === null || inner === '') throw new JsonPathError(`invalid array index ${inner}`);
  const number = (text: string | undefined): number | undefined =>
    text === undefined || text === '' ? undefined : Number(text);
  const [from, to, step] = [number(slice[1]), number(slice[3]), number(slice[5])];
  return {
    kind: 'slice',
    single: slice[2] === undefined,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(step === undefined ? {} : { step }),
  };
}

function unicode(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} '${char}'`;
}
