import { KINDS } from '../../api/scheme.ts';
import { apiVersionOf } from '../../api/scheme.ts';
import { fieldsOf, type Shape } from '../../api/schema.ts';

export type JsonSchema =
  boolean | { readonly [key: string]: JsonSchema | readonly (JsonSchema | string)[] | string | number | undefined };

/** Kinds that a person writes; the others only ever come from components. */
const WRITTEN = new Set([
  'Namespace',
  'Pod',
  'Service',
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'PriorityClass',
  'Deployment',
  'ReplicaSet',
]);

/** The JSON schema that the editor completes and checks by: derived from the same table as the API server's. */
export function manifestSchema(): JsonSchema {
  const definitions: Record<string, JsonSchema> = {};
  const kinds = KINDS.filter((kind) => WRITTEN.has(kind.kind));
  const anyOf = kinds.map((kind): JsonSchema => {
    const own = structSchema(kind.type, definitions);
    if (typeof own === 'boolean') return own;
    const properties = own['properties'];
    const known = typeof properties === 'object' && !Array.isArray(properties) ? properties : {};
    return {
      ...own,
      title: kind.kind,
      properties: {
        ...known,
        apiVersion: { const: apiVersionOf(kind), type: 'string' },
        kind: { const: kind.kind, type: 'string' },
      },
      required: ['apiVersion', 'kind', 'metadata'],
    };
  });
  return { anyOf, definitions };
}

function structSchema(type: string, definitions: Record<string, JsonSchema>): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const field of fieldsOf(type).values()) {
    if (field.name === 'managedFields' || field.name === 'status') continue;
    properties[field.name] = shapeSchema(field.shape, definitions);
    if (field.required) required.push(field.name);
  }
  return { type: 'object', properties, required, additionalProperties: false };
}

function shapeSchema(shape: Shape, definitions: Record<string, JsonSchema>): JsonSchema {
  switch (shape.form) {
    case 'struct':
      if (definitions[shape.type] === undefined) {
        definitions[shape.type] = true;
        definitions[shape.type] = structSchema(shape.type, definitions);
      }
      return { $ref: `#/definitions/${shape.type}` };
    case 'list':
      return { type: 'array', items: shapeSchema(shape.of, definitions) };
    case 'map':
      return { type: 'object', additionalProperties: shapeSchema(shape.of, definitions) };
    case 'boolean':
      return { type: 'boolean' };
    case 'int32':
    case 'int64':
      return { type: 'integer' };
    case 'number':
      return { type: 'number' };
    case 'int-or-string':
    case 'quantity':
      return { type: ['string', 'number'] };
    case 'any':
      return true;
    default:
      return { type: 'string' };
  }
}
