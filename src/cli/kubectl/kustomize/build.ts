import { isObject } from '../../../lib/json.ts';
import { compareStrings } from '../../../lib/order.ts';
import { emitYaml } from '../../text/yaml-emit.ts';
import { parseYaml, YamlError } from '../../text/yaml-parse.ts';
import { hashed } from '../append-hash.ts';
import { CliError } from '../errors.ts';
import type { KubectlIo } from '../io.ts';
import { parseManifest, flatten } from '../manifest.ts';
import { list, nameOf, record, str, strings } from '../object.ts';
import type { Obj } from '../server.ts';
import { generate } from './generators.ts';
import { patchResources } from './patches.ts';
import { replaceValues } from './replacements.ts';
import { rename } from './references.ts';
import { idOf, kindOf, resourceOf, within, type Resource } from './resource.ts';
import { setCountsAndImages, transform } from './transformers.ts';

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Where the laptop's shell stands. */
const HOME = '/home/user';

/** The objects that a kustomization makes, in the order in which they are written. Models api/krusty. */
export function buildKustomization(io: KubectlIo, directory: string, restricted = true): Obj[] {
  const root = absolute(HOME, directory);
  if (io.files.list(root) === undefined) throw notDirectory(directory, root);
  const resources: Resource[] = [];
  new Builder(io, restricted).build(root, resources);
  rename(resources, ({ object, needsHash }) => nameOf(needsHash ? hashed(object, true) : object));
  return resources.map(({ object }) => object).sort(inOrder);
}

/** Models filepath.Join and Clean. */
function absolute(from: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${from}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function notDirectory(given: string, full: string): CliError {
  return new CliError(
    `must build at directory: not a valid directory: evalsymlink failure on '${given}' : lstat ${full}: no such file or directory`,
  );
}

/** Kinds that others need come first. Models resmap's legacy order. */
const FIRST = [
  ...['Namespace', 'ResourceQuota', 'StorageClass', 'CustomResourceDefinition', 'ServiceAccount'],
  ...['PodSecurityPolicy', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', 'ConfigMap', 'Secret'],
  ...['Endpoints', 'Service', 'LimitRange', 'PriorityClass', 'PersistentVolume', 'PersistentVolumeClaim'],
  ...['Deployment', 'StatefulSet', 'CronJob', 'PodDisruptionBudget'],
];
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

function rank(kind: string): number {
  const [first, last] = [FIRST.indexOf(kind), LAST.indexOf(kind)];
  return first >= 0 ? first : last >= 0 ? FIRST.length + 1 + last : FIRST.length;
}

function inOrder(a: Obj, b: Obj): number {
  const key = (object: Obj): string =>
    [str(object, 'apiVersion'), kindOf(object), str(object, 'metadata', 'namespace'), nameOf(object)].join('|');
  return rank(kindOf(a)) - rank(kindOf(b)) || compareStrings(key(a), key(b));
}

/** Fields that others have taken the place of. */
const DEPRECATED: readonly (readonly [string, string])[] = [
  ['bases', 'resources'],
  ['commonLabels', 'labels'],
  ['imageTags', 'images'],
  ['patchesJson6902', 'patches'],
  ['patchesStrategicMerge', 'patches'],
  ['vars', 'replacements'],
];

const FIELDS = [
  ...['apiVersion', 'kind', 'metadata', 'openapi', 'namePrefix', 'nameSuffix', 'namespace', 'commonLabels', 'labels'],
  ...['commonAnnotations', 'patchesStrategicMerge', 'patchesJson6902', 'patches', 'images', 'imageTags', 'replicas'],
  ...['replacements', 'vars', 'sortOptions', 'resources', 'components', 'crds', 'bases', 'configMapGenerator'],
  ...['secretGenerator', 'helmGlobals', 'helmCharts', 'helmChartInflationGenerator', 'generatorOptions'],
  ...['configurations', 'generators', 'transformers', 'validators', 'buildMetadata'],
];

class Builder {
  private readonly io: KubectlIo;
  private readonly restricted: boolean;

  constructor(io: KubectlIo, restricted: boolean) {
    this.io = io;
    this.restricted = restricted;
  }

  /** Adds what the kustomization of a directory makes; a component also changes what is there already. */
  build(directory: string, resources: Resource[]): void {
    const kustomization = this.load(directory);
    for (const path of [...strings(kustomization, 'resources'), ...strings(kustomization, 'bases')])
      this.accumulate(directory, path, resources);
    for (const path of strings(kustomization, 'components')) this.build(absolute(directory, path), resources);
    const read = (path: string): string => this.file(directory, path);
    const options = record(kustomization, 'generatorOptions');
    for (const each of list(kustomization, 'configMapGenerator')) generate(resources, 'ConfigMap', each, options, read);
    for (const each of list(kustomization, 'secretGenerator')) generate(resources, 'Secret', each, options, read);
    for (const each of strings(kustomization, 'patchesStrategicMerge'))
      patchResources(resources, each.includes('\n') ? each : read(each));
    this.patch(directory, list(kustomization, 'patches'), resources);
    transform(resources, kustomization);
    this.patch(directory, list(kustomization, 'patchesJson6902'), resources);
    setCountsAndImages(resources, kustomization);
    replaceValues(resources, list(kustomization, 'replacements'));
  }

  private patch(directory: string, patches: readonly Obj[], resources: Resource[]): void {
    for (const each of patches) {
      const path = str(each, 'path');
      const text =
        path === ''
          ? str(each, 'patch')
          : within(
              `trouble configuring builtin PatchTransformer with config: \`\n${emitYaml(each)}\`: failed to get the patch file from path(${path})`,
              () => this.file(directory, path),
            );
      const target = each['target'];
      patchResources(resources, text, isObject(target) ? (target as Obj) : undefined, record(each, 'options'));
    }
  }

  private load(directory: string): Obj {
    const entries = this.io.files.list(directory) ?? [];
    const name = KUSTOMIZATIONS.find((each) => entries.includes(each));
    if (name === undefined)
      throw new CliError(
        `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${directory}'`,
      );
    const text = this.io.files.read(`${directory}/${name}`) ?? '';
    if (text.trim() === '') throw new CliError(`${name} is empty`);
    const value = parsed(text);
    if (!isObject(value)) throw new CliError('invalid Kustomization: json: cannot unmarshal');
    const unknown = Object.keys(value).find((key) => !FIELDS.includes(key));
    if (unknown !== undefined) throw new CliError(`invalid Kustomization: json: unknown field "${unknown}"`);
    for (const [field, instead] of DEPRECATED)
      if (value[field] !== undefined)
        this.io.stderr(
          `# Warning: '${field}' is deprecated. Please use '${instead}' instead. Run 'kustomize edit fix' to update your Kustomization automatically.\n`,
        );
    return value as Obj;
  }

  /** A file of objects, or a directory with a kustomization. */
  private accumulate(directory: string, path: string, resources: Resource[]): void {
    const full = absolute(directory, path);
    if (this.io.files.list(full) !== undefined) {
      const own: Resource[] = [];
      this.build(full, own);
      resources.push(...own);
      return;
    }
    const missing = (why: string, then: string): CliError =>
      new CliError(
        `accumulating resources: accumulation err='accumulating resources from '${path}': ${why}': must build at directory: ${then}`,
      );
    const text = this.io.files.read(full);
    if (text === undefined) {
      const link = `evalsymlink failure on '${full}' : lstat ${full}: no such file or directory`;
      throw missing(link, `not a valid directory: ${link}`);
    }
    if (this.restricted && !full.startsWith(`${directory}/`))
      throw missing(`security; file '${full}' is not in or below '${directory}'`, `'${full}': file is not directory`);
    for (const { value } of parseManifest(full, text))
      for (const object of flatten(value as Obj)) {
        if (resources.some((each) => idOf(each.object) === idOf(object)))
          throw new CliError(
            `accumulating resources: accumulation err='merging resources from '${path}': may not add resource with an already registered id: ${idOf(object)}': must build at directory: '${full}': file is not directory`,
          );
        resources.push(resourceOf(object));
      }
  }

  private file(directory: string, path: string): string {
    const full = absolute(directory, path);
    const text = this.io.files.read(full);
    if (text === undefined)
      throw new CliError(`evalsymlink failure on '${full}' : lstat ${full}: no such file or directory`);
    if (this.restricted && !full.startsWith(`${directory}/`))
      throw new CliError(`security; file '${full}' is not in or below '${directory}'`);
    return text;
  }
}

function parsed(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (error instanceof YamlError)
      throw new CliError(`invalid Kustomization: ${error.message.replace(/^yaml: line \d+: /, 'yaml: ')}`);
    throw error;
  }
}
