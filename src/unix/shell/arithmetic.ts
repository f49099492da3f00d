/** Evaluates `$((…))` in whole numbers of 64 bits kept within what a double holds exactly. Models POSIX 2.6.4. */
export interface Variables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

export class ArithmeticError extends Error {
  override readonly name = 'ArithmeticError';
}

const TOKEN =
  /\s*(?:(0[xX][0-9a-fA-F]+|\d+)|([A-Za-z_]\w*)|(<<=|>>=|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%<>=!~&|^?:(),]))/y;
const BINARY: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const ASSIGN = new Set(['=', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '|=', '^=']);

export function evaluate(text: string, variables: Variables): number {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed);
    if (match === null) throw new ArithmeticError('arithmetic syntax error');
    tokens.push(match[0].trim());
  }
  if (tokens.length === 0) return 0;
  const evaluator = new Evaluator(tokens, variables);
  const value = evaluator.assignment();
  evaluator.expectEnd();
  return value;
}

class Evaluator {
  readonly #tokens: readonly string[];
  readonly #variables: Variables;
  #at = 0;

  constructor(tokens: readonly string[], variables: Variables) {
    this.#tokens = tokens;
    this.#variables = variables;
  }

  expectEnd(): void {
    if (this.#at < this.#tokens.length) throw new ArithmeticError('arithmetic syntax error');
  }

  assignment(): number {
    const name = this.#tokens[this.#at] ?? '';
    const operator = this.#tokens[this.#at + 1] ?? '';
    if (!/^[A-Za-z_]/.test(name) || !ASSIGN.has(operator)) return this.#conditional();
    this.#at += 2;
    const right = this.assignment();
    const value = operator === '=' ? right : apply(operator.slice(0, -1), this.#value(name), right);
    this.#variables.set(name, String(value));
    return value;
  }

  #conditional(): number {
    const condition = this.#binary(0);
    if (this.#tokens[this.#at] !== '?') return condition;
    this.#at++;
    const yes = this.assignment();
    this.#expect(':');
    const no = this.#conditional();
    return condition !== 0 ? yes : no;
  }

  #binary(level: number): number {
    const operators = BINARY[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = this.#tokens[this.#at] ?? '';
      if (!operators.includes(operator)) return left;
      this.#at++;
      left = apply(operator, left, this.#binary(level + 1));
    }
  }

  #unary(): number {
    const token = this.#tokens[this.#at++];
    switch (token) {
      case undefined:
        throw new ArithmeticError('arithmetic syntax error');
      case '+':
        return this.#unary();
      case '-':
        return -this.#unary();
      case '!':
        return this.#unary() === 0 ? 1 : 0;
      case '~':
        return ~this.#unary();
      case '(': {
        const value = this.assignment();
        this.#expect(')');
        return value;
      }
      case '++':
      case '--': {
        const name = this.#tokens[this.#at++] ?? '';
        const value = this.#value(name) + (token === '++' ? 1 : -1);
        this.#variables.set(name, String(value));
        return value;
      }
      default:
        return this.#primary(token);
    }
  }

  #primary(token: string): number {
    if (/^\d/.test(token)) return /^0[0-7]+$/.test(token) ? parseInt(token, 8) : Number(token);
    if (!/^[A-Za-z_]/.test(token)) throw new ArithmeticError('arithmetic syntax error');
    const value = this.#value(token);
    const next = this.#tokens[this.#at];
    if (next === '++' || next === '--') {
      this.#at++;
      this.#variables.set(token, String(value + (next === '++' ? 1 : -1)));
    }
    return value;
  }

  #value(name: string): number {
    const text = (this.#variables.get(name) ?? '').trim();
    if (text === '') return 0;
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new ArithmeticError(`Illegal number: ${text}`);
    return value;
  }

  #expect(token: string): void {
    if (this.#tokens[this.#at++] !== token) throw new ArithmeticError('arithmetic syntax error');
  }
}

function apply(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
    case '%':
      if (b === 0) throw new ArithmeticError('divide by zero');
      return operator === '/' ? Math.trunc(a / b) : a % b;
    case '<<':
      return Number(BigInt.asIntN(64, BigInt(a) << BigInt(b & 63)));
    case '>>':
      return Number(BigInt(a) >> BigInt(b & 63));
    case '<':
      return Number(a < b);
    case '<=':
      return Number(a <= b);
    case '>':
      return Number(a > b);
    case '>=':
      return Number(a >= b);
    case '==':
      return Number(a === b);
    case '!=':
      return Number(a !== b);
    case '&':
      return Number(BigInt(a) & BigInt(b));
    case '|':
      return Number(BigInt(a) | BigInt(b));
    case '^':
      return Number(BigInt(a) ^ BigInt(b));
    case '&&':
      return Number(a !== 0 && b !== 0);
    default:
      return Number(a !== 0 || b !== 0);
  }
}
