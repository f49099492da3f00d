// From JSON to an object in the form that the server keeps: known fields only, what Go leaves out left out.
import { isObject, setOwn } from '../lib/json.ts';
import { parseTime, formatMicroTime, formatTime } from '../lib/time.ts';
import { decodeBase64Error } from './base64.ts';
import { canonicalQuantity, QuantityError, roundedToMilli } from './quantity.ts';
import type { Field, Shape } from './schema.ts';
import { fieldsOf, goName } from './schema.ts';
import { quote } from './status.ts';
import { ALWAYS_STRUCTS, dropsZero, NAMED_STRINGS, NULL_TIMES } from './wire-forms.ts';

/** JSON that does not fit its type, in Go's words. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

export interface Decoded {
  readonly value: Record<string, unknown>;
  /** Paths of members that the type has not, in the order of the document. */
  readonly unknown: readonly string[];
}

/** Reads a value as the named type. Throws DecodeError. */
export function decode(type: string, value: unknown): Decoded {
  const decoder = new Decoder();
  const result = decoder.struct(type, value, '', '', undefined);
  if (decoder.firstError !== undefined) throw new DecodeError(decoder.firstError);
  return { value: result as Record<string, unknown>, unknown: decoder.unknown };
}

/** Where a value stands: the struct that holds it and Go's dotted path, which leaves out list indices. */
interface Place {
  readonly struct: string;
  readonly goPath: string;
}

/** What a value became; ABSENT is Go's nil. */
const ABSENT = Symbol('absent');

class Decoder {
  readonly unknown: string[] = [];
  /** Go reports the first mismatch but reads on; errors of a type's own reader end the reading at once. */
  firstError: string | undefined;

  struct(type: string, value: unknown, path: string, goPath: string, place: Place | undefined): unknown {
    if (!isObject(value)) {
      this.#mismatch(value, `v1.${goName(type)}`, place);
      return ABSENT;
    }
    const fields = fieldsOf(type);
    const result: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      const field = fields.get(name);
      const at = path === '' ? name : `${path}.${name}`;
      if (field === undefined) {
        this.unknown.push(at);
        continue;
      }
      const decoded = this.#field(type, field, member, at, goPath === '' ? name : `${goPath}.${name}`);
      if (decoded !== ABSENT && !dropsZero(type, field, decoded)) setOwn(result, name, decoded);
    }
    this.#complete(type, result);
    return result;
  }

  #field(type: string, field: Field, value: unknown, path: string, goPath: string): unknown {
    const named = field.shape.form === 'string' ? NAMED_STRINGS[`${type}.${field.name}`] : undefined;
    return this.#value(field.shape, value, path, { struct: goName(type), goPath }, named);
  }

  #value(shape: Shape, value: unknown, path: string, place: Place, named?: string): unknown {
    if (value === null || value === undefined) return ABSENT;
    switch (shape.form) {
      case 'struct':
        return this.struct(shape.type, value, path, place.goPath, place);
      case 'list':
        return this.#list(shape.of, value, path, place);
      case 'map':
        return this.#map(shape.of, value, path, place);
      case 'any':
        return value;
      case 'string':
        return typeof value === 'string' ? value : this.#mismatch(value, named ?? 'string', place);
      case 'boolean':
        return typeof value === 'boolean' ? value : this.#mismatch(value, 'bool', place);
      case 'int32':
      case 'int64':
        return this.#integer(value, shape.form, place);
      case 'number':
        return typeof value === 'number' ? value : this.#mismatch(value, 'float64', place);
      case 'bytes':
        return this.#bytes(value, place);
      case 'int-or-string':
        return intOrString(value);
      case 'quantity':
        return quantity(value);
      case 'time':
        return instant(value, formatTime, '2006-01-02T15:04:05Z07:00');
      case 'micro-time':
        return instant(value, formatMicroTime, '2006-01-02T15:04:05.000000Z07:00');
    }
  }

  #list(of: Shape, value: unknown, path: string, place: Place): unknown {
    if (!Array.isArray(value)) return this.#mismatch(value, `[]${goType(of)}`, place);
    return value.map((item, i) => {
      const decoded = this.#value(of, item, `${path}[${i}]`, place);
      return decoded === ABSENT ? zeroOf(of) : decoded;
    });
  }

  /** Amounts of resources are kept to thousandths. */
  #map(of: Shape, value: unknown, path: string, place: Place): unknown {
    if (!isObject(value)) return this.#mismatch(value, `map[string]${goType(of)}`, place);
    const result: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      const decoded =
        of.form === 'quantity' && item !== null ? quantity(item, true) : this.#value(of, item, `${path}.${key}`, place);
      setOwn(result, key, decoded === ABSENT ? zeroOf(of) : decoded);
    }
    return result;
  }

  #integer(value: unknown, form: 'int32' | 'int64', place: Place): unknown {
    if (typeof value !== 'number') return this.#mismatch(value, form, place);
    const fits =
      form === 'int32'
        ? value >= -2_147_483_648 && value <= 2_147_483_647
        : Math.abs(value) < 9_223_372_036_854_775_808;
    if (Number.isInteger(value) && fits) return value;
    return this.#save(`number ${value}`, form, place);
  }

  #bytes(value: unknown, place: Place): unknown {
    if (typeof value !== 'string') return this.#mismatch(value, '[]uint8', place);
    const problem = decodeBase64Error(value);
    if (problem !== undefined) throw new DecodeError(problem);
    return value.replaceAll(/[\r\n]/g, '');
  }

  #mismatch(value: unknown, goTypeName: string, place: Place | undefined): typeof ABSENT {
    return this.#save(jsonKind(value), goTypeName, place);
  }

  #save(found: string, goTypeName: string, place: Place | undefined): typeof ABSENT {
    const where = place === undefined ? 'Go value' : `Go struct field ${place.struct}.${place.goPath}`;
    this.firstError ??= `json: cannot unmarshal ${found} into ${where} of type ${goTypeName}`;
    return ABSENT;
  }

  /** Go writes required members and plain structs even when they are zero. */
  #complete(type: string, result: Record<string, unknown>): void {
    for (const field of fieldsOf(type).values()) {
      if (Object.hasOwn(result, field.name)) continue;
      if (NULL_TIMES.has(`${type}.${field.name}`)) result[field.name] = null;
      else if (field.shape.form === 'struct') {
        if (!ALWAYS_STRUCTS.has(`${type}.${field.name}`)) continue;
        result[field.name] = this.struct(field.shape.type, {}, field.name, field.name, undefined);
      } else if (field.required && isScalar(field.shape)) result[field.name] = zeroOf(field.shape);
    }
  }
}

function isScalar(shape: Shape): boolean {
  return ['string', 'boolean', 'int32', 'int64', 'number'].includes(shape.form);
}

function zeroOf(shape: Shape): unknown {
  switch (shape.form) {
    case 'string':
    case 'bytes':
      return '';
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
    case 'number':
    case 'int-or-string':
      return 0;
    case 'quantity':
      return '0';
    case 'struct':
      return decode(shape.type, {}).value;
    default:
      return null;
  }
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

function goType(shape: Shape): string {
  switch (shape.form) {
    case 'struct':
      return `v1.${goName(shape.type)}`;
    case 'list':
      return `[]${goType(shape.of)}`;
    case 'map':
      return `map[string]${goType(shape.of)}`;
    case 'boolean':
      return 'bool';
    case 'bytes':
      return '[]uint8';
    case 'number':
      return 'float64';
    case 'int-or-string':
      return 'intstr.IntOrString';
    case 'quantity':
      return 'resource.Quantity';
    case 'time':
      return 'v1.Time';
    case 'micro-time':
      return 'v1.MicroTime';
    case 'any':
      return 'runtime.RawExtension';
    default:
      return shape.form;
  }
}

function intOrString(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') {
    throw new DecodeError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type int32`);
  }
  if (Number.isInteger(value) && Math.abs(value) < 2_147_483_648) return value;
  throw new DecodeError(`json: cannot unmarshal number ${value} into Go value of type int32`);
}

function quantity(value: unknown, milli = false): string {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : JSON.stringify(value);
  try {
    return milli ? roundedToMilli(text) : canonicalQuantity(text);
  } catch (error) {
    throw error instanceof QuantityError ? new DecodeError(error.message) : error;
  }
}

function instant(value: unknown, format: (micros: number) => string, layout: string): string {
  if (typeof value !== 'string') {
    throw new DecodeError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
  }
  const micros = parseTime(value);
  if (micros !== undefined) return format(micros);
  throw new DecodeError(`parsing time ${quote(value)} as ${quote(layout)}: cannot parse ${quote(value)} as "2006"`);
}
