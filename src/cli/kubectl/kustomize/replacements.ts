import { isObject } from '../../../lib/json.ts';
import type { Json, JsonObject } from '../../../lib/json.ts';
import { CliError } from '../errors.ts';
import { at, bool, list, num, record, str, strings } from '../object.ts';
import type { Obj } from '../server.ts';
import { isTarget } from './patches.ts';
import type { Resource } from './resource.ts';

/** Copies values from one resource into others. Models api/filters/replacement. */
export function replaceValues(resources: readonly Resource[], replacements: readonly Obj[]): void {
  for (const replacement of replacements) {
    const source = record(replacement, 'source');
    const found = resources.filter((each) => isTarget(each, source, exactly));
    const [from] = found;
    if (from === undefined || found.length > 1)
      throw new CliError(`${found.length === 0 ? 'nothing' : 'multiple matches'} selected by ${selectText(source)}`);
    const path = str(source, 'fieldPath') || 'metadata.name';
    const whole = at(from.object, ...fieldsOf(path));
    if (whole === undefined)
      throw new CliError(`fieldPath \`${path}\` is missing for replacement source ${selectText(source)}`);
    const value = part(whole, record(source, 'options'));
    for (const target of list(replacement, 'targets'))
      for (const resource of resources) {
        const rejected = list(target, 'reject').some((each) => isTarget(resource, each, exactly));
        if (!isTarget(resource, record(target, 'select'), exactly) || rejected) continue;
        const paths = strings(target, 'fieldPaths');
        for (const each of paths.length === 0 ? ['metadata.name'] : paths)
          resource.object = put(resource.object, fieldsOf(each), value, record(target, 'options')) as Obj;
      }
  }
}

/** Names in selectors of replacements are no expressions. */
function exactly(wanted: string, ...values: readonly string[]): boolean {
  return wanted === '' || values.includes(wanted);
}

function selectText(source: Obj): string {
  return `${str(source, 'kind')}.${str(source, 'version') || '[noVer]'}.${str(source, 'group') || '[noGrp]'}/${str(source, 'name')}.${str(source, 'namespace') || '[noNs]'}`;
}

/** `spec.containers.[name=web].image`; a dot inside brackets, or behind a backslash, belongs to the name. */
function fieldsOf(path: string): string[] {
  return (path.match(/(?:\[[^\]]*\]|\\.|[^.[])+/g) ?? []).map((field) => field.replaceAll('\\.', '.').trim());
}

function part(value: Json, options: Obj): Json {
  const delimiter = str(options, 'delimiter');
  return delimiter === '' ? value : (String(value).split(delimiter)[num(options, 'index') ?? 0] ?? '');
}

function put(into: Json, path: readonly string[], value: Json, options: Obj): Json {
  const [first, ...rest] = path;
  if (first === undefined) return placed(into, value, options);
  const chosen = /^\[([^=]+)=(.*)\]$/.exec(first);
  if (Array.isArray(into))
    return into.map((item: Json, index) => {
      const here =
        chosen === null ? first === '*' || first === String(index) : str(item, chosen[1] ?? '') === chosen[2];
      return here ? put(item, rest, value, options) : item;
    });
  if (!isObject(into)) return into;
  const inner = (into as JsonObject)[first];
  if (inner === undefined && !bool(options, 'create')) return into;
  return { ...(into as JsonObject), [first]: put(inner ?? (rest.length === 0 ? '' : {}), rest, value, options) };
}

function placed(before: Json, value: Json, options: Obj): Json {
  const delimiter = str(options, 'delimiter');
  if (delimiter === '') return value;
  const parts = String(before).split(delimiter);
  parts[num(options, 'index') ?? 0] = String(value);
  return parts.join(delimiter);
}
