import type { Kind } from '../../../api/kind.ts';
import type { Field, Shape } from '../../../api/schema.ts';
import { fieldsOf } from '../../../api/schema.ts';
import { DOCUMENT_NAMES } from '../../../api/schema.gen.ts';
import { sortedStrings } from '../../../lib/order.ts';

/** The schemas of these kinds and of everything they hold, by their names in OpenAPI documents. */
export function schemasFor(kinds: readonly Kind[], root: string): Readonly<Record<string, object>> {
  const pending = kinds.map(({ type }) => type);
  const found = new Set<string>();
  for (let type = pending.pop(); type !== undefined; type = pending.pop()) {
    if (found.has(type)) continue;
    found.add(type);
    for (const { shape } of fieldsOf(type).values()) {
      const struct = structIn(shape);
      if (struct !== undefined) pending.push(struct);
    }
  }
  const schemas: Record<string, object> = {};
  for (const type of sortedStrings(found)) schemas[documentNameOf(type)] = schemaOf(type, kinds, root);
  return schemas;
}

export function documentNameOf(type: string): string {
  return DOCUMENT_NAMES[type] ?? type;
}

function structIn(shape: Shape): string | undefined {
  if (shape.form === 'struct') return shape.type;
  return shape.form === 'list' || shape.form === 'map' ? structIn(shape.of) : undefined;
}

function schemaOf(type: string, kinds: readonly Kind[], root: string): object {
  const properties: Record<string, object> = {};
  const required: string[] = [];
  for (const field of fieldsOf(type).values()) {
    properties[field.name] = fieldSchema(field, root);
    if (field.required) required.push(field.name);
  }
  const named = kinds.filter((kind) => kind.type === type);
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    properties,
    ...(named.length === 0
      ? {}
      : { 'x-kubernetes-group-version-kind': named.map(({ group, version, kind }) => ({ group, kind, version })) }),
  };
}

function fieldSchema(field: Field, root: string): object {
  const schema = shapeSchema(field.shape, root);
  return {
    ...schema,
    ...(field.listType === undefined ? {} : { 'x-kubernetes-list-type': field.listType }),
    ...(field.listMapKeys.length === 0 ? {} : { 'x-kubernetes-list-map-keys': field.listMapKeys }),
    ...(field.atomicMap ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    ...(field.patchStrategies.length === 0 ? {} : { 'x-kubernetes-patch-strategy': field.patchStrategies.join(',') }),
  };
}

function shapeSchema(shape: Shape, root: string): object {
  switch (shape.form) {
    case 'struct':
      return { $ref: `${root}${documentNameOf(shape.type)}` };
    case 'list':
      return { type: 'array', items: shapeSchema(shape.of, root) };
    case 'map':
      return { type: 'object', additionalProperties: shapeSchema(shape.of, root) };
    case 'string':
    case 'boolean':
      return { type: shape.form };
    case 'quantity':
      return { type: 'string' };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: shape.form };
    case 'number':
      return { type: 'number', format: 'double' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'time':
    case 'micro-time':
      return { type: 'string', format: 'date-time' };
    case 'int-or-string':
      return { type: 'string', format: 'int-or-string' };
    case 'any':
      return { type: 'object' };
  }
}
