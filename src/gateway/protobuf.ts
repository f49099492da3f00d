// Models apimachinery/pkg/runtime/serializer/protobuf: requests in Kubernetes' protobuf become the same objects in JSON.
import { formatMicroTime, formatTime } from './proto-time.ts';
import { MESSAGES } from './protobuf.gen.ts';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** `k8s\0`, then a runtime.Unknown. */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

export class ProtobufError extends Error {}
export class UnknownKind extends Error {}

type Value = null | boolean | number | string | Value[] | { [name: string]: Value };

interface Field {
  readonly name: string;
  readonly inline: boolean;
  readonly pointer: boolean;
  readonly omitEmpty: boolean;
  readonly form: string;
}

/** A wire value: a varint, eight or four bytes, or a run of bytes. */
interface Raw {
  readonly number: number;
  readonly varint?: bigint;
  readonly bytes?: Buffer;
}

/** The object as JSON text. Throws ProtobufError when it is none, UnknownKind when no table has its kind. */
export function protobufToJson(body: Uint8Array): string {
  const bytes = Buffer.from(body);
  if (!bytes.subarray(0, 4).equals(MAGIC))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  let [apiVersion, kind] = ['', ''];
  let raw: Buffer = Buffer.alloc(0);
  for (const { number, bytes: part } of rawFields(bytes.subarray(4))) {
    if (part === undefined) continue;
    if (number === 1) {
      for (const type of rawFields(part)) {
        if (type.number === 1) apiVersion = type.bytes?.toString() ?? '';
        if (type.number === 2) kind = type.bytes?.toString() ?? '';
      }
    }
    if (number === 2) raw = part;
  }
  const message = messageOf(apiVersion, kind);
  if (message === undefined) throw new UnknownKind(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return JSON.stringify({ kind, apiVersion, ...decodeMessage(message, raw) });
}

function messageOf(apiVersion: string, kind: string): string | undefined {
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const folder = group === '' ? 'core' : (group.split('.')[0] ?? '');
  const own = `${folder}/${version ?? ''}.${kind}`;
  // Options of a request belong to every group.
  return [own, `meta/v1.${kind}`].find((name) => Object.hasOwn(MESSAGES, name));
}

const tables = new Map<string, ReadonlyMap<number, Field>>();

function fieldsOf(message: string): ReadonlyMap<number, Field> {
  const known = tables.get(message);
  if (known !== undefined) return known;
  const fields = new Map<number, Field>();
  for (const text of (MESSAGES[message] ?? '').split('; ')) {
    const [number, given = '', form = ''] = text.split(' ');
    if (form === '') continue;
    const name = given.replace(/[*?]+$/, '');
    const inline = name === '^';
    fields.set(Number(number), { name, inline, pointer: given.includes('*'), omitEmpty: given.includes('?'), form });
  }
  tables.set(message, fields);
  return fields;
}

function decodeMessage(message: string, bytes: Buffer): { [name: string]: Value } {
  const found = new Map<number, Raw[]>();
  for (const raw of rawFields(bytes)) {
    const list = found.get(raw.number);
    if (list === undefined) found.set(raw.number, [raw]);
    else list.push(raw);
  }
  const object: { [name: string]: Value } = {};
  for (const [number, field] of fieldsOf(message)) {
    const raws = found.get(number);
    if (raws === undefined) continue;
    const value = decodeField(field, raws);
    if (value === undefined) continue;
    if (field.inline && typeof value === 'object' && !Array.isArray(value)) Object.assign(object, value);
    else object[field.name] = value;
  }
  return object;
}

function decodeField(field: Field, raws: readonly Raw[]): Value | undefined {
  const { form, pointer, omitEmpty } = field;
  if (form.startsWith('[')) return raws.flatMap((raw) => decodeRepeated(form.slice(1), raw));
  if (form.startsWith('{')) return Object.fromEntries(raws.map((raw) => decodeEntry(form.slice(1), raw)));
  const last = raws.at(-1);
  if (last === undefined) return undefined;
  const value = decodeValue(form, last);
  // What is no pointer is always on the wire, also when it is empty.
  if (!pointer && omitEmpty && (value === '' || value === 0 || value === false || value === null)) return undefined;
  return value;
}

/** Integers may come packed. */
function decodeRepeated(form: string, raw: Raw): Value[] {
  if (form !== 'int' || raw.bytes === undefined) return [decodeValue(form, raw)];
  const values: Value[] = [];
  for (let at = 0; at < raw.bytes.length;) {
    const { value, end } = varint(raw.bytes, at);
    values.push(integer(value));
    at = end;
  }
  return values;
}

function decodeEntry(form: string, { bytes }: Raw): [string, Value] {
  let key = '';
  let value: Value | undefined;
  for (const part of rawFields(bytes ?? Buffer.alloc(0))) {
    if (part.number === 1) key = part.bytes?.toString() ?? '';
    if (part.number === 2) value = decodeValue(form, part);
  }
  return [key, value ?? decodeValue(form, { number: 2, bytes: Buffer.alloc(0) })];
}

function decodeValue(form: string, raw: Raw): Value {
  const bytes = raw.bytes ?? Buffer.alloc(0);
  switch (form) {
    case 'string':
      return bytes.toString();
    case 'bool':
      return (raw.varint ?? 0n) !== 0n;
    case 'int':
      return integer(raw.varint ?? 0n);
    case 'double':
      return bytes.length === 8 ? bytes.readDoubleLE() : 0;
    case 'bytes':
      return bytes.toString('base64');
    case 'items':
      return rawFields(bytes).map((item) => item.bytes?.toString() ?? '');
    case 'quantity':
      return field(bytes, 1)?.bytes?.toString() ?? '0';
    case 'raw':
      return parseRaw(field(bytes, 1)?.bytes ?? Buffer.alloc(0));
    case 'int-or-string':
      return integer(field(bytes, 1)?.varint ?? 0n) === 1
        ? (field(bytes, 3)?.bytes?.toString() ?? '')
        : integer(field(bytes, 2)?.varint ?? 0n);
    case 'duration':
      return integer(field(bytes, 1)?.varint ?? 0n);
    case 'time':
      return bytes.length === 0 ? null : formatTime(timeOf(bytes).seconds);
    case 'microtime': {
      if (bytes.length === 0) return null;
      const { seconds, nanos } = timeOf(bytes);
      return formatMicroTime(seconds, nanos);
    }
    default:
      return decodeMessage(form, bytes);
  }
}

function timeOf(bytes: Buffer): { readonly seconds: number; readonly nanos: number } {
  return { seconds: integer(field(bytes, 1)?.varint ?? 0n), nanos: integer(field(bytes, 2)?.varint ?? 0n) };
}

function parseRaw(bytes: Buffer): Value {
  if (bytes.length === 0) return {};
  try {
    // Whatever JSON it is, it goes on as it is.
    return JSON.parse(bytes.toString()) as Value;
  } catch {
    throw new ProtobufError('a raw field is no JSON');
  }
}

function field(bytes: Buffer, number: number): Raw | undefined {
  return rawFields(bytes).findLast((raw) => raw.number === number);
}

const VARINT = 0;
const EIGHT_BYTES = 1;
const LENGTH = 2;
const FOUR_BYTES = 5;

function rawFields(bytes: Buffer): Raw[] {
  const fields: Raw[] = [];
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new ProtobufError('unexpected EOF');
    const part = bytes.subarray(at, at + length);
    at += length;
    return part;
  };
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    at = tag.end;
    const [number, wire] = [Number(tag.value >> 3n), Number(tag.value & 7n)];
    if (wire === VARINT) {
      const { value, end } = varint(bytes, at);
      at = end;
      fields.push({ number, varint: value });
    } else if (wire === LENGTH) {
      const length = varint(bytes, at);
      at = length.end;
      fields.push({ number, bytes: take(Number(length.value)) });
    } else if (wire === EIGHT_BYTES || wire === FOUR_BYTES) {
      fields.push({ number, bytes: take(wire === EIGHT_BYTES ? 8 : 4) });
    } else {
      throw new ProtobufError(`illegal wireType ${wire}`);
    }
  }
  return fields;
}

function varint(bytes: Buffer, start: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) throw new ProtobufError('unexpected EOF');
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  throw new ProtobufError('integer overflow');
}

/** Negative numbers are 64 bits long on the wire. */
function integer(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}
