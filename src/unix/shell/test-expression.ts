import type { FileKind } from '../file-system.ts';

type Outcome = boolean | { readonly error: string };

/** `test` and `[`. Models POSIX test with -a, -o, ! and parentheses. */
export function testExpression(
  args: readonly string[],
  kind: (path: string) => FileKind | undefined,
  size: (path: string) => number,
): Outcome {
  let at = 0;
  let error: string | undefined;
  const or = (): boolean => {
    let value = and();
    while (args[at] === '-o') {
      at++;
      const right = and();
      value = value || right;
    }
    return value;
  };
  const and = (): boolean => {
    let value = not();
    while (args[at] === '-a') {
      at++;
      const right = not();
      value = value && right;
    }
    return value;
  };
  const not = (): boolean => {
    if (args[at] === '!' && args.length - at > 1) {
      at++;
      return !not();
    }
    return primary();
  };
  const primary = (): boolean => {
    const [first, operator, second] = [args[at], args[at + 1], args[at + 2]];
    if (first === undefined) return false;
    if (operator !== undefined && second !== undefined && BINARY.has(operator)) {
      at += 3;
      return binary(first, operator, second);
    }
    if (first === '(') {
      at++;
      const value = or();
      at++;
      return value;
    }
    if (/^-[a-zA-Z]$/.test(first) && operator !== undefined) {
      at += 2;
      return unary(first, operator);
    }
    at++;
    return first !== '';
  };
  const binary = (a: string, operator: string, b: string): boolean => {
    if (operator === '=' || operator === '==') return a === b;
    if (operator === '!=') return a !== b;
    const bad = [a, b].find((text) => !/^\s*[-+]?\d+\s*$/.test(text));
    if (bad !== undefined) {
      error = `${bad}: bad number`;
      return false;
    }
    const [x, y] = [Number(a), Number(b)];
    switch (operator) {
      case '-eq':
        return x === y;
      case '-ne':
        return x !== y;
      case '-lt':
        return x < y;
      case '-le':
        return x <= y;
      case '-gt':
        return x > y;
      default:
        return x >= y;
    }
  };
  const unary = (operator: string, operand: string): boolean => {
    switch (operator) {
      case '-n':
        return operand !== '';
      case '-z':
        return operand === '';
      case '-f':
        return kind(operand) === 'file';
      case '-d':
        return kind(operand) === 'directory';
      case '-s':
        return kind(operand) === 'directory' || (kind(operand) === 'file' && size(operand) > 0);
      case '-t':
      case '-L':
      case '-h':
        return false;
      case '-e':
      case '-r':
      case '-w':
      case '-x':
        return kind(operand) !== undefined;
      default:
        error = `${operator}: unknown operand`;
        return false;
    }
  };
  const value = or();
  if (error === undefined && at < args.length) error = `${args[at]}: unknown operand`;
  return error === undefined ? value : { error };
}

const BINARY = new Set(['=', '==', '!=', '-eq', '-ne', '-lt', '-le', '-gt', '-ge']);
