// Whether rules go beyond others. Models component-helpers/auth/rbac/validation and pkg/apis/rbac/v1/helpers.go.
import type { PolicyRule } from './types.gen.ts';
import { quote } from './status.ts';
import { compareStrings } from '../lib/order.ts';

/** Of the rules, each part that none of the owner's allows. */
export function missingRules(owner: readonly PolicyRule[], rules: readonly PolicyRule[]): PolicyRule[] {
  return rules.flatMap(brokenRule).filter((part) => !owner.some((rule) => covers(rule, part)));
}

/** Into rules of one verb, group, resource and name each. */
export function brokenRule({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  for (const group of apiGroups)
    for (const resource of resources)
      for (const verb of verbs) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length === 0) parts.push(part);
        for (const name of resourceNames) parts.push({ ...part, resourceNames: [name] });
      }
  for (const url of nonResourceURLs) for (const verb of verbs) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  return parts;
}

function covers(owner: PolicyRule, part: PolicyRule): boolean {
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = part;
  const named = owner.resourceNames ?? [];
  return (
    hasAll(owner.verbs, part.verbs) &&
    hasAll(owner.apiGroups ?? [], apiGroups) &&
    resources.every((resource) => coversResource(owner.resources ?? [], resource)) &&
    nonResourceURLs.every((url) => (owner.nonResourceURLs ?? []).some((own) => coversUrl(own, url))) &&
    (named.length === 0 || (resourceNames.length > 0 && resourceNames.every((name) => named.includes(name))))
  );
}

function hasAll(owner: readonly string[], wanted: readonly string[]): boolean {
  return owner.includes('*') || wanted.every((each) => owner.includes(each));
}

function coversResource(owner: readonly string[], resource: string): boolean {
  if (owner.includes('*') || owner.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && owner.includes(`*${resource.slice(slash)}`);
}

function coversUrl(owner: string, url: string): boolean {
  return owner === url || (owner.endsWith('*') && url.startsWith(owner.replace(/\*+$/, '')));
}

/** As refusals name them: those that differ but in their verbs as one, in the order of their texts. */
export function rulesText(rules: readonly PolicyRule[]): string {
  const texts = compactRules(rules).map(ruleText);
  return [...new Set(texts)].sort(compareStrings).join('\n');
}

/** Those that differ but in their verbs are one. Models CompactRules. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
    const isSimple =
      nonResourceURLs.length === 0 && resourceNames.length <= 1 && apiGroups.length === 1 && resources.length === 1;
    if (!isSimple) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([apiGroups, resources, resourceNames]);
    const known = simple.get(key);
    simple.set(key, known === undefined ? rule : { ...known, verbs: [...known.verbs, ...rule.verbs] });
  }
  return [...others, ...simple.values()];
}

/** Models CompactString. */
function ruleText({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ] as const;
  const said = parts.flatMap(([name, values]) =>
    values === undefined || values.length === 0 ? [] : [`${name}:${goList(values)}`],
  );
  return `{${said.join(', ')}}`;
}

/** `["a" "b"]` */
export function goList(values: readonly string[]): string {
  return `[${values.map(quote).join(' ')}]`;
}
