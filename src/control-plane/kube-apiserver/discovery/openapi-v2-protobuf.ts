// The Swagger document in protocol buffers: the one form of it that kubectl asks for. Field numbers are those of gnostic's
// OpenAPIv2.proto. Paths are left out: who reads this form looks for types.
import { isObject } from '../../../lib/json.ts';

type Bytes = readonly Uint8Array[];

const utf8 = new TextEncoder();

const DOCUMENT = { swagger: 1, info: 2, definitions: 9 } as const;
const INFO = { title: 1, version: 2 } as const;
const NAMED = { name: 1, value: 2 } as const;
const SCHEMA = {
  reference: 1,
  format: 2,
  description: 4,
  required: 19,
  additionalProperties: 21,
  type: 22,
  items: 23,
  properties: 25,
  extension: 31,
} as const;
/** The only field of several messages, and the first choice of others. */
const ONLY = 1;
const ANY_YAML = 2;

export function swaggerBytes(document: Readonly<Record<string, unknown>>): Uint8Array {
  const info = objectOf(document['info']);
  return concat([
    text(DOCUMENT.swagger, document['swagger']),
    message(DOCUMENT.info, [text(INFO.title, info['title']), text(INFO.version, info['version'])]),
    message(DOCUMENT.definitions, namedSchemas(objectOf(document['definitions']))),
  ]);
}

function namedSchemas(schemas: Readonly<Record<string, unknown>>): Bytes {
  return Object.entries(schemas).map(([name, schema]) =>
    message(ONLY, [text(NAMED.name, name), message(NAMED.value, schemaFields(objectOf(schema)))]),
  );
}

function schemaFields(schema: Readonly<Record<string, unknown>>): Bytes {
  const { additionalProperties, items, properties, required, type } = schema;
  return [
    text(SCHEMA.reference, schema['$ref']),
    text(SCHEMA.format, schema['format']),
    text(SCHEMA.description, schema['description']),
    ...(Array.isArray(required) ? required.map((name) => text(SCHEMA.required, name)) : []),
    ...(isObject(additionalProperties)
      ? [message(SCHEMA.additionalProperties, [message(ONLY, schemaFields(additionalProperties))])]
      : []),
    ...(type === undefined ? [] : [message(SCHEMA.type, [text(ONLY, type)])]),
    ...(isObject(items) ? [message(SCHEMA.items, [message(ONLY, schemaFields(items))])] : []),
    ...(isObject(properties) ? [message(SCHEMA.properties, namedSchemas(properties))] : []),
    ...Object.entries(schema)
      .filter(([name]) => name.startsWith('x-'))
      .map(([name, value]) =>
        message(SCHEMA.extension, [
          text(NAMED.name, name),
          // JSON is YAML.
          message(NAMED.value, [text(ANY_YAML, `${JSON.stringify(value)}\n`)]),
        ]),
      ),
  ];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

const NOTHING = new Uint8Array();
const LENGTH_DELIMITED = 2;

function text(field: number, value: unknown): Uint8Array {
  return typeof value === 'string' && value !== '' ? delimited(field, utf8.encode(value)) : NOTHING;
}

function message(field: number, parts: Bytes): Uint8Array {
  return delimited(field, concat(parts));
}

function delimited(field: number, bytes: Uint8Array): Uint8Array {
  return concat([varint(field * 8 + LENGTH_DELIMITED), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Uint8Array.from([...bytes, rest]);
}

function concat(parts: Bytes): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
