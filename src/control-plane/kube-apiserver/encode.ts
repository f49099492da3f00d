import type { KubeObject } from '../../api/types.gen.ts';
import { stringify } from 'yaml';
import { sortKeys } from '../../lib/json.ts';
import type { Accepted } from './negotiate.ts';

/** Texts of objects already written once: objects never change, so their texts do not either. */
const texts = new WeakMap<object, string>();

/** The object as JSON, with kind and apiVersion first. */
export function objectText(object: KubeObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const { kind, apiVersion, ...rest } = object;
  const text = JSON.stringify({ kind, apiVersion, ...rest });
  texts.set(object, text);
  return text;
}

/** The object as an item of a typed list: without kind and apiVersion. */
export function itemText(object: KubeObject): string {
  const head = `{"kind":${JSON.stringify(object.kind)},"apiVersion":${JSON.stringify(object.apiVersion)},`;
  return `{${objectText(object).slice(head.length)}`;
}

/** JSON text in the form that the client asked for. */
export function formatBody(json: string, accepted: Accepted): string {
  if (accepted.encoding === 'yaml') return toYaml(JSON.parse(json));
  return accepted.pretty ? JSON.stringify(JSON.parse(json), undefined, 2) : `${json}\n`;
}

export function contentTypeOf(accepted: Accepted): string {
  return accepted.encoding === 'yaml' ? 'application/yaml' : 'application/json';
}

/** As sigs.k8s.io/yaml prints: sorted keys, no line folding, lists not indented. */
export function toYaml(value: unknown): string {
  return stringify(sortKeys(value), { indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' });
}
