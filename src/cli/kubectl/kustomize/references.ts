import { isObject } from '../../../lib/json.ts';
import type { Json, JsonObject } from '../../../lib/json.ts';
import { nameOf, namespaceOf, str } from '../object.ts';
import type { Obj } from '../server.ts';
import { change, kindOf, type Resource } from './resource.ts';

/**
 * Where objects name others: a path through fields, [] for each item of a list, and the kind that is named there. Fields of a pod are
 * looked for wherever there is a pod's spec. Models api/internal/konfig/builtinpluginconsts/namereference.go.
 */
const IN_PODS: readonly (readonly [string, string])[] = [
  ...['containers', 'initContainers'].flatMap((field): [string, string][] => [
    [`${field}.[].envFrom.[].configMapRef.name`, 'ConfigMap'],
    [`${field}.[].env.[].valueFrom.configMapKeyRef.name`, 'ConfigMap'],
    [`${field}.[].envFrom.[].secretRef.name`, 'Secret'],
    [`${field}.[].env.[].valueFrom.secretKeyRef.name`, 'Secret'],
  ]),
  ['volumes.[].configMap.name', 'ConfigMap'],
  ['volumes.[].projected.sources.[].configMap.name', 'ConfigMap'],
  ['volumes.[].secret.secretName', 'Secret'],
  ['volumes.[].projected.sources.[].secret.name', 'Secret'],
  ['volumes.[].persistentVolumeClaim.claimName', 'PersistentVolumeClaim'],
  ['imagePullSecrets.[].name', 'Secret'],
  ['serviceAccountName', 'ServiceAccount'],
  ['priorityClassName', 'PriorityClass'],
];

const ELSEWHERE: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  ServiceAccount: [
    ['secrets.[].name', 'Secret'],
    ['imagePullSecrets.[].name', 'Secret'],
  ],
  Ingress: [
    ['spec.rules.[].http.paths.[].backend.service.name', 'Service'],
    ['spec.defaultBackend.service.name', 'Service'],
    ['spec.tls.[].secretName', 'Secret'],
  ],
  StatefulSet: [['spec.serviceName', 'Service']],
};

const POD_SPECS = ['spec', 'spec.template.spec', 'spec.jobTemplate.spec.template.spec'];

/** Gives resources new names, and tells those that name them. */
export function rename(resources: readonly Resource[], newName: (resource: Resource) => string): void {
  const renamed = new Map<string, string>();
  for (const resource of resources) {
    const [old, name] = [nameOf(resource.object), newName(resource)];
    if (old === name) continue;
    renamed.set(`${kindOf(resource.object)}/${old}`, name);
    resource.names.push(old);
    change(resource, ['metadata', 'name'], name);
  }
  if (renamed.size === 0) return;
  for (const resource of resources) resource.object = withReferences(resource.object, renamed);
}

function withReferences(object: Obj, renamed: ReadonlyMap<string, string>): Obj {
  const target =
    (kind: string) =>
    (value: Json): Json =>
      typeof value === 'string' ? (renamed.get(`${kind}/${value}`) ?? value) : value;
  let result: Json = object;
  for (const spec of POD_SPECS)
    for (const [path, kind] of IN_PODS) result = mapped(result, `${spec}.${path}`.split('.'), target(kind));
  for (const [path, kind] of ELSEWHERE[kindOf(object)] ?? []) result = mapped(result, path.split('.'), target(kind));
  if (kindOf(object).endsWith('RoleBinding')) {
    result = mapped(result, ['roleRef', 'name'], target(str(object, 'roleRef', 'kind')));
    // An account of another namespace is another one, whatever its name.
    const namespace = namespaceOf(object);
    result = mapped(result, ['subjects', '[]'], (subject) =>
      ['', namespace].includes(str(subject, 'namespace')) ? named(renamed)(subject) : subject,
    );
  }
  result = mapped(result, ['spec', 'scaleTargetRef'], named(renamed));
  return result as Obj;
}

/** What says the kind that it names: `{kind, name}`. */
function named(renamed: ReadonlyMap<string, string>): (value: Json) => Json {
  return (value) => {
    const name = renamed.get(`${str(value, 'kind')}/${str(value, 'name')}`);
    return name === undefined ? value : { ...(value as JsonObject), name };
  };
}

/** A value with what lies at a path changed; what is not there stays away. */
export function mapped(value: Json, path: readonly string[], work: (value: Json) => Json): Json {
  const [first, ...rest] = path;
  if (first === undefined) return work(value);
  if (first === '[]') return Array.isArray(value) ? value.map((each: Json) => mapped(each, rest, work)) : value;
  if (!isObject(value)) return value;
  const inner = (value as JsonObject)[first];
  return inner === undefined || inner === null
    ? value
    : { ...(value as JsonObject), [first]: mapped(inner, rest, work) };
}
