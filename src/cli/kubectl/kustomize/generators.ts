import { textToBase64 } from '../../text/base64.ts';
import { CliError } from '../errors.ts';
import { bool, nameOf, record, str, stringMap, strings } from '../object.ts';
import type { Obj } from '../server.ts';
import { change, hasName, kindOf, resourceOf, within, type Resource } from './resource.ts';

/** Reads a file that a kustomization names. */
export type ReadFile = (path: string) => string;

/** A ConfigMap or a Secret from literals and files. Models api/internal/generators. */
export function generate(
  resources: Resource[],
  kind: 'ConfigMap' | 'Secret',
  given: Obj,
  options: Obj,
  read: ReadFile,
): void {
  const made = generated(kind, given, options, read);
  const behavior = str(given, 'behavior') || 'create';
  const present = resources.find((each) => kindOf(each.object) === kind && hasName(each, nameOf(made.object)));
  if (behavior === 'create') {
    if (present !== undefined)
      throw new CliError(
        `may not add resource with an already registered id: ${kind}.v1.[noGrp]/${nameOf(made.object)}.[noNs]`,
      );
    resources.push(made);
    return;
  }
  if (present === undefined)
    throw new CliError(
      `merging from generator: id ${kind}.v1.[noGrp]/${nameOf(made.object)}.[noNs] does not exist; cannot merge or replace`,
    );
  const merge = behavior === 'merge';
  for (const field of ['data', 'binaryData']) {
    const data = { ...(merge ? record(present.object, field) : {}), ...record(made.object, field) };
    if (Object.keys(data).length > 0) change(present, [field], data);
  }
  for (const field of ['labels', 'annotations']) {
    const all = { ...record(present.object, 'metadata', field), ...record(made.object, 'metadata', field) };
    if (Object.keys(all).length > 0) change(present, ['metadata', field], all);
  }
  present.needsHash = made.needsHash;
}

function generated(kind: 'ConfigMap' | 'Secret', given: Obj, general: Obj, read: ReadFile): Resource {
  const own = record(given, 'options');
  const values = contentOf(given, read);
  const encoded = Object.entries(values).map(([key, value]) => [key, kind === 'Secret' ? textToBase64(value) : value]);
  const metadata: Record<string, unknown> = { name: str(given, 'name') };
  for (const field of ['labels', 'annotations']) {
    const all = { ...stringMap(general, field), ...stringMap(own, field) };
    if (Object.keys(all).length > 0) metadata[field] = all;
  }
  const immutable = bool(general, 'immutable') || bool(own, 'immutable');
  const object = {
    apiVersion: 'v1',
    kind,
    metadata,
    ...(encoded.length === 0 ? {} : { data: Object.fromEntries(encoded) as Obj }),
    ...(kind === 'Secret' ? { type: str(given, 'type') || 'Opaque' } : {}),
    ...(immutable ? { immutable } : {}),
  } as Obj;
  const plain = bool(general, 'disableNameSuffixHash') || bool(own, 'disableNameSuffixHash');
  return resourceOf(object, !plain);
}

function contentOf(given: Obj, read: ReadFile): Record<string, string> {
  const values: Record<string, string> = {};
  const env = str(given, 'env');
  for (const path of [...strings(given, 'envs'), ...(env === '' ? [] : [env])])
    for (const line of read(path).split('\n')) {
      const equals = line.indexOf('=');
      if (!line.trimStart().startsWith('#') && equals > 0)
        values[line.slice(0, equals).trimStart()] = line.slice(equals + 1);
    }
  for (const source of strings(given, 'files')) {
    const equals = source.indexOf('=');
    const path = source.slice(equals + 1);
    values[equals < 0 ? (path.split('/').at(-1) ?? '') : source.slice(0, equals)] = within(
      `loading KV pairs: file sources: [${strings(given, 'files').join(' ')}]`,
      () => read(path),
    );
  }
  for (const literal of strings(given, 'literals')) {
    const equals = literal.indexOf('=');
    if (equals <= 0)
      throw new CliError(
        `loading KV pairs: literal sources [${strings(given, 'literals').join(' ')}]: invalid literal source ${literal}, expected key=value`,
      );
    values[literal.slice(0, equals)] = literal.slice(equals + 1).replace(/^(["'])(.*)\1$/s, '$2');
  }
  return values;
}
