import type { Kind, Verb } from '../../../api/kind.ts';

type Version = 'v2' | 'v3';

const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  create: ['dryRun', 'fieldManager', 'fieldValidation'],
  update: ['dryRun', 'fieldManager', 'fieldValidation'],
  patch: ['dryRun', 'fieldManager', 'fieldValidation', 'force'],
  delete: ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'],
  deletecollection: ['dryRun', 'labelSelector', 'fieldSelector'],
  list: ['labelSelector', 'fieldSelector', 'limit', 'continue', 'resourceVersion', 'watch'],
};

const ON_COLLECTION: readonly (readonly [method: string, verb: Verb, action: string])[] = [
  ['get', 'list', 'list'],
  ['post', 'create', 'post'],
  ['delete', 'deletecollection', 'deletecollection'],
];
const ON_OBJECT: readonly (readonly [method: string, verb: Verb, action: string])[] = [
  ['get', 'get', 'get'],
  ['put', 'update', 'put'],
  ['patch', 'patch', 'patch'],
  ['delete', 'delete', 'delete'],
];

/** Paths with what clients look up in them: the operations of each kind and their query parameters. */
export function kindPaths(kinds: readonly Kind[], version: Version): Readonly<Record<string, object>> {
  const paths: Record<string, object> = {};
  for (const kind of kinds) {
    const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
    const scope = kind.namespaced ? '/namespaces/{namespace}' : '';
    const collection = `${root}${scope}/${kind.plural}`;
    paths[collection] = operations(kind, ON_COLLECTION, version);
    paths[`${collection}/{name}`] = operations(kind, ON_OBJECT, version);
  }
  return paths;
}

function operations(
  kind: Kind,
  methods: readonly (readonly [method: string, verb: Verb, action: string])[],
  version: Version,
): object {
  const result: Record<string, object> = {};
  for (const [method, verb, action] of methods) {
    if (!kind.verbs.includes(verb)) continue;
    result[method] = {
      parameters: (PARAMETERS[verb] ?? []).map((name) => parameter(name, version)),
      responses: { '200': { description: 'OK' } },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
    };
  }
  return result;
}

function parameter(name: string, version: Version): object {
  const type =
    name === 'limit' || name === 'gracePeriodSeconds'
      ? 'integer'
      : name === 'watch' || name === 'force'
        ? 'boolean'
        : 'string';
  return version === 'v2'
    ? { name, in: 'query', type, uniqueItems: true }
    : { name, in: 'query', schema: { type, uniqueItems: true } };
}
