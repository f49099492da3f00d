import { parseTime } from '../../lib/time.ts';

/** How go-yaml v2 reads a plain scalar: YAML 1.1's booleans, nulls and numbers. Models goyaml.v2/resolve.go. */
export type PlainValue =
  | { readonly tag: 'str' | 'timestamp'; readonly value: string }
  | { readonly tag: 'bool'; readonly value: boolean }
  | { readonly tag: 'int' | 'float'; readonly value: number }
  | { readonly tag: 'null' | 'merge'; readonly value: null };

const TRUE = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const FALSE = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);
const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const SPECIAL_FLOATS: Readonly<Record<string, number>> = {
  '.nan': NaN,
  '.NaN': NaN,
  '.NAN': NaN,
  '.inf': Infinity,
  '.Inf': Infinity,
  '.INF': Infinity,
  '+.inf': Infinity,
  '+.Inf': Infinity,
  '+.INF': Infinity,
  '-.inf': -Infinity,
  '-.Inf': -Infinity,
  '-.INF': -Infinity,
};
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]([0-7]+)|0[bB]([01]+)|0([0-7]+)|(0|[1-9][0-9]*))$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const TIMESTAMP = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?$/;

export function resolvePlain(text: string): PlainValue {
  if (NULLS.has(text)) return { tag: 'null', value: null };
  if (TRUE.has(text)) return { tag: 'bool', value: true };
  if (FALSE.has(text)) return { tag: 'bool', value: false };
  if (text === '<<') return { tag: 'merge', value: null };
  const special = Object.hasOwn(SPECIAL_FLOATS, text) ? SPECIAL_FLOATS[text] : undefined;
  if (special !== undefined) return { tag: 'float', value: special };
  const first = text[0] ?? '';
  if (!/[-+.0-9]/.test(first)) return { tag: 'str', value: text };
  if (first >= '0' && first <= '9' && isTimestamp(text)) return { tag: 'timestamp', value: text };
  return resolveNumber(text) ?? { tag: 'str', value: text };
}

function resolveNumber(text: string): PlainValue | undefined {
  const plain = text.replaceAll('_', '');
  const match = INTEGER.exec(plain);
  if (match !== null) {
    const [, sign, hex, octal, binary, oldOctal, decimal] = match;
    const magnitude =
      hex !== undefined
        ? parseInt(hex, 16)
        : octal !== undefined || oldOctal !== undefined
          ? parseInt(octal ?? oldOctal ?? '0', 8)
          : binary !== undefined
            ? parseInt(binary, 2)
            : Number(decimal);
    return { tag: 'int', value: sign === '-' && magnitude !== 0 ? -magnitude : magnitude };
  }
  return FLOAT.test(plain) ? { tag: 'float', value: Number(plain) } : undefined;
}

function isTimestamp(text: string): boolean {
  const match = TIMESTAMP.exec(text);
  if (match === null) return false;
  const [, year, month, day, separator, hour, minute, second, zone] = match;
  if (separator === ' ' ? zone !== undefined : separator !== undefined && zone === undefined) return false;
  const two = (part: string | undefined): string => (part ?? '0').padStart(2, '0');
  return parseTime(`${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}Z`) !== undefined;
}

/** Would come back as a string if written without quotes. */
export function plainIsString(text: string): boolean {
  return resolvePlain(text).tag === 'str' && !BASE_60.test(text);
}
