// The documents under /openapi/v3, made from the schema table. Loaded late: few requests need them.
import type { Json } from '../lib/json.ts';
import { isObject } from '../lib/json.ts';
import type { Kind, Subresource, Verb } from './kind.ts';
import { REVIEW_KINDS } from './kinds/reviews.ts';
import { apiVersionOf, KINDS } from './scheme.ts';
import type { Field, Shape } from './schema.ts';
import { fieldsOf, hasType } from './schema.ts';
import { DOCUMENT_NAMES } from './schema.gen.ts';

type Doc = Record<string, Json>;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const SCALAR_SCHEMAS: Readonly<Record<string, Doc>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  [`${META}.Time`]: { type: 'string', format: 'date-time' },
  [`${META}.MicroTime`]: { type: 'string', format: 'date-time' },
  [`${META}.Patch`]: { type: 'object' },
};

/** What documents say in words, by a type's name in them: of the type, and of each field, with the values it may have if they are few. */
export type Texts = Readonly<Record<string, readonly [string, Readonly<Record<string, FieldText>>]>>;
type FieldText = string | readonly [string, readonly string[]];

export const SERVED: readonly Kind[] = [...KINDS, ...REVIEW_KINDS];

/** `api/v1`, `apis/apps/v1`. */
export function documentPath(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? `api/${kind.version}` : `apis/${kind.group}/${kind.version}`;
}

/** The document of a group and version; undefined when it is not served. */
export function openApiDocument(path: string, texts: Texts): Doc | undefined {
  const kinds = SERVED.filter((kind) => documentPath(kind) === path);
  if (kinds.length === 0) return undefined;
  const types = new Set<string>(['DeleteOptions', 'Status', 'ListMeta']);
  for (const kind of kinds) {
    reach(kind.type, types);
    for (const subresource of kind.subresources) if (hasType(subresource.kind)) reach(subresource.kind, types);
  }
  for (const type of [...types]) reach(type, types);
  const schemas: Doc = {};
  for (const type of [...types].sort()) schemas[nameOf(type)] = typeSchema(type, kinds, texts);
  for (const kind of kinds)
    if (kind.verbs.includes('list')) schemas[`${nameOf(kind.type)}List`] = listSchema(kind, texts);
  for (const [name, schema] of Object.entries(SCALAR_SCHEMAS)) schemas[name] = { ...described(texts, name), ...schema };
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.35.0' },
    paths: Object.assign({}, ...kinds.map(pathsOf)) as Doc,
    components: { schemas },
  };
}

function nameOf(type: string): string {
  return DOCUMENT_NAMES[type] ?? type;
}

function reach(type: string, types: Set<string>): void {
  const visit = (shape: Shape): void => {
    if (shape.form === 'list' || shape.form === 'map') visit(shape.of);
    if (shape.form === 'struct' && !types.has(shape.type)) reach(shape.type, types);
  };
  types.add(type);
  for (const field of fieldsOf(type).values()) visit(field.shape);
}

function described(texts: Texts, name: string): Doc {
  const text = texts[name]?.[0] ?? '';
  return text === '' ? {} : { description: text };
}

function typeSchema(type: string, kinds: readonly Kind[], texts: Texts): Doc {
  const name = nameOf(type);
  const fields = [...fieldsOf(type).values()];
  const required = fields.filter((field) => field.required).map((field) => field.name);
  const gvks = [
    ...kinds.filter((kind) => kind.type === type).map(gvkOf),
    ...kinds.flatMap((kind) =>
      kind.subresources.filter((sub) => sub.kind === type && sub.group !== undefined).map(gvkOf),
    ),
  ];
  return {
    ...described(texts, name),
    type: 'object',
    ...(fields.length === 0
      ? {}
      : { properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field, texts[name]?.[1])])) }),
    ...(required.length === 0 ? {} : { required }),
    ...(gvks.length === 0 ? {} : { 'x-kubernetes-group-version-kind': gvks.slice(0, 1) }),
  };
}

function gvkOf(of: { readonly group?: string; readonly version?: string; readonly kind: string }): Doc {
  return { group: of.group ?? '', kind: of.kind, version: of.version ?? 'v1' };
}

function fieldSchema(field: Field, texts: Readonly<Record<string, FieldText>> | undefined): Doc {
  const said = texts?.[field.name] ?? '';
  const [text, values] = typeof said === 'string' ? [said, undefined] : said;
  return {
    ...(text === '' ? {} : { description: text }),
    ...withValues(shapeSchema(field.shape), values),
    ...(field.listMapKeys.length === 0 ? {} : { 'x-kubernetes-list-map-keys': field.listMapKeys }),
    ...(field.listType === undefined ? {} : { 'x-kubernetes-list-type': field.listType }),
    ...(field.atomicMap ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    ...(field.patchStrategies.length === 0 ? {} : { 'x-kubernetes-patch-strategy': field.patchStrategies.join(',') }),
  };
}

/** A list's values are those of its items. */
function withValues(schema: Doc, values: readonly string[] | undefined): Doc {
  if (values === undefined) return schema;
  const { items } = schema;
  return isObject(items) ? { ...schema, items: { ...items, enum: values } } : { ...schema, enum: values };
}

function shapeSchema(shape: Shape): Doc {
  switch (shape.form) {
    case 'struct':
      return { allOf: [reference(nameOf(shape.type))], default: {} };
    case 'list':
      return { type: 'array', items: shapeSchema(shape.of) };
    case 'map':
      return { type: 'object', additionalProperties: shapeSchema(shape.of) };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: shape.form };
    case 'number':
      return { type: 'number', format: 'double' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'any':
      return { type: 'object' };
    case 'quantity':
      return { allOf: [reference('io.k8s.apimachinery.pkg.api.resource.Quantity')] };
    case 'int-or-string':
      return { allOf: [reference('io.k8s.apimachinery.pkg.util.intstr.IntOrString')] };
    case 'time':
      return { allOf: [reference(`${META}.Time`)] };
    case 'micro-time':
      return { allOf: [reference(`${META}.MicroTime`)] };
    default:
      return { type: shape.form };
  }
}

function reference(name: string): Doc {
  return { $ref: `#/components/schemas/${name}` };
}

function listSchema(kind: Kind, texts: Texts): Doc {
  const name = `${nameOf(kind.type)}List`;
  const text = (field: string): Doc => {
    const said = texts[name]?.[1][field];
    return typeof said === 'string' ? { description: said } : {};
  };
  return {
    ...described(texts, name),
    type: 'object',
    properties: {
      apiVersion: { ...text('apiVersion'), type: 'string' },
      items: { ...text('items'), type: 'array', items: { allOf: [reference(nameOf(kind.type))], default: {} } },
      kind: { ...text('kind'), type: 'string' },
      metadata: { ...text('metadata'), allOf: [reference(`${META}.ListMeta`)], default: {} },
    },
    required: ['items'],
    'x-kubernetes-group-version-kind': [{ group: kind.group, kind: `${kind.kind}List`, version: kind.version }],
  };
}

const QUERY: Readonly<Record<string, readonly string[]>> = {
  create: ['dryRun', 'fieldManager', 'fieldValidation'],
  update: ['dryRun', 'fieldManager', 'fieldValidation'],
  patch: ['dryRun', 'fieldManager', 'fieldValidation', 'force'],
  delete: ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'],
  list: [
    'allowWatchBookmarks',
    'continue',
    'fieldSelector',
    'labelSelector',
    'limit',
    'resourceVersion',
    'resourceVersionMatch',
    'sendInitialEvents',
    'timeoutSeconds',
    'watch',
  ],
  get: [],
};
const INTEGERS = ['gracePeriodSeconds', 'limit', 'timeoutSeconds'];
const BOOLEANS = ['allowWatchBookmarks', 'force', 'orphanDependents', 'sendInitialEvents', 'watch'];
const METHODS: Readonly<Record<string, string>> = {
  create: 'post',
  update: 'put',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete',
  list: 'get',
  get: 'get',
};
const PATCH_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

function pathsOf(kind: Kind): Doc {
  const root = `/${documentPath(kind)}`;
  const base = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`;
  const paths: Doc = {
    [base]: pathItem(
      kind,
      ['create', 'list', 'deletecollection'].filter((verb) => kind.verbs.includes(verb as Verb)),
      false,
    ),
    ...(kind.verbs.includes('get') ? { [`${base}/{name}`]: named(kind) } : {}),
  };
  if (kind.namespaced && kind.verbs.includes('list'))
    paths[`${root}/${kind.plural}`] = pathItem({ ...kind, namespaced: false }, ['list'], false);
  for (const subresource of kind.subresources) {
    paths[`${base}/{name}/${subresource.name}`] = pathItem(kind, subresource.verbs, true, subresource);
  }
  return paths;
}

function named(kind: Kind): Doc {
  const verbs = ['get', 'update', 'patch', 'delete'].filter((verb) => kind.verbs.includes(verb as Verb));
  return pathItem(kind, verbs, true);
}

function pathItem(kind: Kind, verbs: readonly string[], named: boolean, subresource?: Subresource): Doc {
  const item: Doc = {};
  for (const verb of verbs) item[METHODS[verb] ?? verb] = operation(kind, verb, subresource);
  const inPath = [...(kind.namespaced ? ['namespace'] : []), ...(named ? ['name'] : [])];
  item['parameters'] = inPath.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', uniqueItems: true },
  }));
  return item;
}

function operation(kind: Kind, verb: string, subresource: Subresource | undefined): Doc {
  const carried = subresource?.kind ?? kind.kind;
  const type = subresource === undefined ? kind.type : carried;
  const body =
    verb === 'list' ? `${nameOf(kind.type)}List` : verb.startsWith('delete') ? `${META}.Status` : nameOf(type);
  const response: Doc = hasType(type)
    ? { 'application/json': { schema: reference(body) } }
    : { '*/*': { schema: { type: 'string' } } };
  return {
    operationId: `${verb}${apiVersionOf(kind).replaceAll(/[^a-zA-Z0-9]/g, '')}${kind.namespaced ? 'Namespaced' : ''}${kind.kind}${subresource?.name ?? ''}`,
    parameters: (QUERY[verb] ?? []).map((name) => ({
      name,
      in: 'query',
      schema: {
        type: INTEGERS.includes(name) ? 'integer' : BOOLEANS.includes(name) ? 'boolean' : 'string',
        uniqueItems: true,
      },
    })),
    ...requestBody(verb, type),
    responses: { '200': { description: 'OK', content: response }, '401': { description: 'Unauthorized' } },
    'x-kubernetes-action': verb === 'create' ? 'post' : verb === 'update' ? 'put' : verb,
    'x-kubernetes-group-version-kind':
      subresource === undefined ? gvkOf(kind) : gvkOf({ group: kind.group, version: kind.version, ...subresource }),
  };
}

function requestBody(verb: string, type: string): Doc {
  if (verb === 'patch') {
    const schema = reference(`${META}.Patch`);
    return {
      requestBody: { content: Object.fromEntries(PATCH_TYPES.map((media) => [media, { schema }])), required: true },
    };
  }
  if ((verb === 'create' || verb === 'update') && hasType(type)) {
    return { requestBody: { content: { '*/*': { schema: reference(nameOf(type)) } }, required: true } };
  }
  return verb === 'delete'
    ? { requestBody: { content: { '*/*': { schema: reference(`${META}.DeleteOptions`) } } } }
    : {};
}
