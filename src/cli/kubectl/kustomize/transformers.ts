import type { Json } from '../../../lib/json.ts';
import { CliError } from '../errors.ts';
import { at, bool, list, nameOf, num, record, str, stringMap } from '../object.ts';
import type { Obj } from '../server.ts';
import { mapped, rename } from './references.ts';
import { change, hasName, isNamespaced, kindOf, type Resource } from './resource.ts';

/** What a kustomization does to all resources, in upstream's order. */
export function transform(resources: readonly Resource[], kustomization: Obj): void {
  setNamespace(resources, str(kustomization, 'namespace'));
  const [prefix, suffix] = [str(kustomization, 'namePrefix'), str(kustomization, 'nameSuffix')];
  rename(resources, ({ object }) =>
    NAMES_KEPT.includes(kindOf(object)) ? nameOf(object) : `${prefix}${nameOf(object)}${suffix}`,
  );
  for (const each of list(kustomization, 'labels')) {
    const selectors = bool(each, 'includeSelectors');
    addLabels(resources, stringMap(each, 'pairs'), selectors, selectors || bool(each, 'includeTemplates'));
  }
  addLabels(resources, stringMap(kustomization, 'commonLabels'), true, true);
  addAnnotations(resources, stringMap(kustomization, 'commonAnnotations'));
}

/** The last ones: they know resources by any name that these ever had. */
export function setCountsAndImages(resources: readonly Resource[], kustomization: Obj): void {
  for (const each of list(kustomization, 'replicas')) {
    const name = str(each, 'name');
    const scaled = resources.filter((resource) => SCALED.includes(kindOf(resource.object)) && hasName(resource, name));
    if (scaled.length === 0)
      throw new CliError(
        `resource with name ${name} does not match a config with the following GVK [${SCALED.map((kind) => `${kind}.[noVer].[noGrp]`).join(' ')}]`,
      );
    for (const resource of scaled) change(resource, ['spec', 'replicas'], num(each, 'count') ?? 0);
  }
  for (const image of list(kustomization, 'images')) {
    const work = (value: Json): Json => (typeof value === 'string' ? imageText(value, image) : value);
    for (const resource of resources)
      for (const spec of TEMPLATES)
        for (const field of ['containers', 'initContainers'])
          resource.object = mapped(resource.object, [...spec, 'spec', field, '[]', 'image'], work) as Obj;
  }
}

const NAMES_KEPT = ['APIService', 'CustomResourceDefinition', 'Namespace'];
const SCALED = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'];
const TEMPLATES = [[], ['spec', 'template'], ['spec', 'jobTemplate', 'spec', 'template']];

function setNamespace(resources: readonly Resource[], namespace: string): void {
  if (namespace === '') return;
  rename(resources, ({ object }) => (kindOf(object) === 'Namespace' ? namespace : nameOf(object)));
  for (const resource of resources) {
    if (isNamespaced(resource.object)) change(resource, ['metadata', 'namespace'], namespace);
    resource.object = mapped(resource.object, ['subjects', '[]'], (subject) => {
      const account = str(subject, 'kind') === 'ServiceAccount';
      const known =
        str(subject, 'name') === 'default' ||
        resources.some(
          ({ object }) =>
            kindOf(object) === 'ServiceAccount' &&
            nameOf(object) === str(subject, 'name') &&
            ['', namespace].includes(str(subject, 'namespace')),
        );
      return account && known ? { ...(subject as Obj), namespace } : subject;
    }) as Obj;
  }
}

/** Where workloads say which pods are theirs. */
function selectorPath(object: Obj): readonly string[] | undefined {
  switch (kindOf(object)) {
    case 'Service':
    case 'ReplicationController':
      return ['spec', 'selector'];
    case 'DaemonSet':
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
      return ['spec', 'selector', 'matchLabels'];
    case 'NetworkPolicy':
      return ['spec', 'podSelector', 'matchLabels'];
    case 'PodDisruptionBudget':
      return at(object, 'spec', 'selector', 'matchLabels') === undefined
        ? undefined
        : ['spec', 'selector', 'matchLabels'];
    default:
      return undefined;
  }
}

type Labels = Readonly<Record<string, string>>;

function addTo(resource: Resource, path: readonly string[], labels: Labels): void {
  change(resource, path, { ...record(resource.object, ...path), ...labels });
}

function addLabels(resources: readonly Resource[], labels: Labels, selectors: boolean, templates: boolean): void {
  if (Object.keys(labels).length === 0) return;
  for (const resource of resources) {
    addTo(resource, ['metadata', 'labels'], labels);
    const selector = selectors ? selectorPath(resource.object) : undefined;
    // A service without a selector has none to add to.
    if (selector !== undefined && (kindOf(resource.object) !== 'Service' || at(resource.object, ...selector)))
      addTo(resource, selector, labels);
    if (!templates) continue;
    for (const path of TEMPLATES.slice(1))
      if (at(resource.object, ...path) !== undefined) addTo(resource, [...path, 'metadata', 'labels'], labels);
  }
}

function addAnnotations(resources: readonly Resource[], annotations: Labels): void {
  if (Object.keys(annotations).length === 0) return;
  for (const resource of resources) {
    addTo(resource, ['metadata', 'annotations'], annotations);
    for (const path of TEMPLATES.slice(1))
      if (at(resource.object, ...path) !== undefined)
        addTo(resource, [...path, 'metadata', 'annotations'], annotations);
  }
}

/** Models api/internal/image. */
function imageText(image: string, wanted: Obj): string {
  const [, name = '', tag = '', digest = ''] = /^(.*?)(:[^/@:]+)?(@.*)?$/.exec(image) ?? [];
  if (name !== str(wanted, 'name')) return image;
  const newName = str(wanted, 'newName') || name;
  const [newTag, newDigest] = [str(wanted, 'newTag'), str(wanted, 'digest')];
  if (newDigest !== '') return `${newName}@${newDigest}`;
  return newTag === '' ? `${newName}${tag}${digest}` : `${newName}:${newTag}`;
}
