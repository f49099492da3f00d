import { applyJsonPatch } from '../../../api/patch/json-patch.ts';
import { applyMergePatch } from '../../../api/patch/merge-patch.ts';
import { applyStrategicPatch } from '../../../api/patch/strategic.ts';
import { hasType } from '../../../api/schema.ts';
import { matchesLabels, parseSelector } from '../../../api/selector.ts';
import { parseYaml, splitYamlDocuments } from '../../text/yaml-parse.ts';
import { CliError } from '../errors.ts';
import { annotationsOf, bool, labelsOf, nameOf, namespaceOf, splitApiVersion, str } from '../object.ts';
import type { Obj } from '../server.ts';
import { hasName, idOf, kindOf, type Resource } from './resource.ts';

/** Applies a patch: a list of operations, or parts of objects. Models builtins.PatchTransformer. */
export function patchResources(resources: Resource[], text: string, target?: Obj, options: Obj = {}): void {
  const documents = splitYamlDocuments(text)
    .map((part) => parseYaml(part))
    .filter((each) => each !== null && each !== undefined);
  for (const patch of documents) {
    const operations = Array.isArray(patch);
    if (operations && target === undefined) throw new CliError(`must specify a target for JSON patch ${text.trim()}`);
    const chosen =
      target === undefined ? [targetOf(resources, patch as Obj)] : resources.filter((each) => isTarget(each, target));
    for (const resource of chosen) {
      if (operations) resource.object = applyJsonPatch(resource.object, patch) as Obj;
      else if ((patch as Obj)['$patch'] === 'delete') resources.splice(resources.indexOf(resource), 1);
      else resource.object = merged(resource.object, patch as Obj, target !== undefined, options);
    }
  }
}

/** Whoever is patched keeps its kind and, if it was chosen by a target, its name. */
function merged(object: Obj, patch: Obj, chosen: boolean, options: Obj): Obj {
  const kind = kindOf(object);
  const result = (hasType(kind) ? applyStrategicPatch(object, patch, kind) : applyMergePatch(object, patch)) as Obj;
  const name = bool(options, 'allowNameChange') ? nameOf(result) || nameOf(object) : nameOf(object);
  const metadata = { ...(result['metadata'] as Obj), name };
  if (bool(options, 'allowKindChange')) return { ...result, metadata };
  return chosen ? { ...result, apiVersion: object['apiVersion'] ?? '', kind, metadata } : { ...result, metadata };
}

function targetOf(resources: readonly Resource[], patch: Obj): Resource {
  const { group } = splitApiVersion(str(patch, 'apiVersion'));
  const found = resources.filter(
    (each) =>
      kindOf(each.object) === kindOf(patch) &&
      splitApiVersion(str(each.object, 'apiVersion')).group === group &&
      hasName(each, nameOf(patch)) &&
      (namespaceOf(patch) === '' || namespaceOf(patch) === namespaceOf(each.object)),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const id = idOf(patch);
  throw new CliError(
    `no resource matches strategic merge patch "${id}": ${found.length === 0 ? `no matches for Id ${id}` : `multiple matches for Id ${id}`}; failed to find unique target for patch ${id}`,
  );
}

function fitsWhole(wanted: string, ...values: readonly string[]): boolean {
  return wanted === '' || values.some((value) => new RegExp(`^(?:${wanted})$`).test(value));
}

/** Names are regular expressions that fit as a whole. Models types.Selector. */
export function isTarget({ object, names }: Resource, target: Obj, fits = fitsWhole): boolean {
  const { group, version } = splitApiVersion(str(object, 'apiVersion'));
  const selected = (selector: string, labels: Readonly<Record<string, string>>): boolean =>
    selector === '' || matchesLabels(parseSelector(selector), labels);
  return (
    fits(str(target, 'group'), group) &&
    fits(str(target, 'version'), version) &&
    fits(str(target, 'kind'), kindOf(object)) &&
    fits(str(target, 'name'), nameOf(object), ...names) &&
    fits(str(target, 'namespace'), namespaceOf(object)) &&
    selected(str(target, 'labelSelector'), labelsOf(object)) &&
    selected(str(target, 'annotationSelector'), annotationsOf(object))
  );
}
