import { must } from '../lib/assert.ts';
import { FIELDS, GO_NAMES } from './schema.gen.ts';

export type Scalar = 'string' | 'boolean' | 'int32' | 'int64' | 'number' | 'bytes';
/** Forms with rules of their own: a number or a text, an amount, an instant, anything at all. */
export type Special = 'int-or-string' | 'quantity' | 'time' | 'micro-time' | 'any';

export type Shape =
  | { readonly form: Scalar | Special }
  | { readonly form: 'list' | 'map'; readonly of: Shape }
  | { readonly form: 'struct'; readonly type: string };

export type ListType = 'atomic' | 'set' | 'map';

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  /** Never left out on the wire. */
  readonly required: boolean;
  readonly listType: ListType | undefined;
  /** A struct or map that changes as a whole. */
  readonly atomicMap: boolean;
  readonly listMapKeys: readonly string[];
  readonly patchMergeKey: string | undefined;
  readonly patchStrategies: readonly string[];
}

export type Fields = ReadonlyMap<string, Field>;

const SHORT_FORMS: Readonly<Record<string, Scalar | Special>> = {
  s: 'string',
  b: 'boolean',
  i32: 'int32',
  i64: 'int64',
  n: 'number',
  bytes: 'bytes',
  ios: 'int-or-string',
  q: 'quantity',
  t: 'time',
  mt: 'micro-time',
  any: 'any',
};

const parsed = new Map<string, Fields>();

export function hasType(type: string): boolean {
  return Object.hasOwn(FIELDS, type);
}

/** The fields of a type, by their names on the wire. */
export function fieldsOf(type: string): Fields {
  let fields = parsed.get(type);
  if (fields === undefined) {
    const row = must(FIELDS[type], `no schema of ${type}`);
    fields = new Map(Object.entries(row).map(([name, text]) => [name, parseField(name, text)]));
    parsed.set(type, fields);
  }
  return fields;
}

export function fieldOf(type: string, name: string): Field | undefined {
  return fieldsOf(type).get(name);
}

/** Go's name of a struct type. */
export function goName(type: string): string {
  return GO_NAMES[type] ?? type;
}

/** `[Container]! map=name key=name patch=merge` */
function parseField(name: string, text: string): Field {
  const [form = '', ...attributes] = text.split(' ');
  const required = form.endsWith('!');
  const value = (key: string): string | undefined =>
    attributes.find((attribute) => attribute.startsWith(`${key}=`))?.slice(key.length + 1);
  const shape = parseShape(required ? form.slice(0, -1) : form);
  const atomic = attributes.includes('atomic');
  const keys = value('map');
  const list = keys !== undefined ? 'map' : attributes.includes('set') ? 'set' : atomic ? 'atomic' : undefined;
  return {
    name,
    shape,
    required,
    listType: shape.form === 'list' ? (list ?? 'atomic') : undefined,
    atomicMap: shape.form !== 'list' && atomic,
    listMapKeys: keys?.split(',') ?? [],
    patchMergeKey: value('key'),
    patchStrategies: value('patch')?.split(',') ?? [],
  };
}

function parseShape(text: string): Shape {
  if (text.startsWith('[')) return { form: 'list', of: parseShape(text.slice(1, -1)) };
  if (text.startsWith('{')) return { form: 'map', of: parseShape(text.slice(1, -1)) };
  const short = SHORT_FORMS[text];
  return short === undefined ? { form: 'struct', type: text } : { form: short };
}
