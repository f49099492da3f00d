import { quote } from '../../api/status.ts';

/** Go's `%q` of a string. */
export { quote as goQuote } from '../../api/status.ts';

/** A character as encoding/json names it in errors. */
export function quoteGoChar(char: string): string {
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  return `'${quote(char).slice(1, -1)}'`;
}
