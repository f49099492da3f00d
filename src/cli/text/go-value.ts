import { isObject } from '../../lib/json.ts';
import { sortedKeys } from '../../lib/order.ts';

/** What fmt's `%v` prints for decoded JSON: `map[a:b]`, `[x y]`, `<nil>`. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (isObject(value)) {
    return `map[${sortedKeys(value)
      .map((key) => `${key}:${goValue(value[key])}`)
      .join(' ')}]`;
  }
  return typeof value === 'number' ? floatText(value) : String(value);
}

/** Integers come as int64, fractions as float64 with `%v`. */
function floatText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const text = String(value);
  const exponent = /^(.*)e([+-])(\d)$/.exec(text);
  return exponent === null ? text : `${exponent[1]}e${exponent[2]}0${exponent[3]}`;
}
