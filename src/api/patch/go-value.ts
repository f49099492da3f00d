import { isObject } from '../../lib/json.ts';
import { sortedKeys } from '../../lib/order.ts';

/** Go's `%v` of decoded JSON: `map[a:1 b:[x y]]`. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (!isObject(value)) return String(value);
  return `map[${sortedKeys(value)
    .map((key) => `${key}:${goValue(value[key])}`)
    .join(' ')}]`;
}
