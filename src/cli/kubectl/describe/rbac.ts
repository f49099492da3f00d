// Models RoleDescriber, ClusterRoleDescriber, RoleBindingDescriber and ClusterRoleBindingDescriber.
import { brokenRule, compactRules } from '../../../api/policy-rules.ts';
import type { PolicyRule } from '../../../api/types.gen.ts';
import { compareStrings } from '../../../lib/order.ts';
import { list, str } from '../object.ts';
import type { Obj } from '../server.ts';
import { DescribeWriter, LEVEL_0, LEVEL_1, writeHead } from './writer.ts';
import type { Describer } from './writer.ts';

const GROUP = 'rbac.authorization.k8s.io';

export const role = describerOfRole('Role');
export const clusterRole = describerOfRole('ClusterRole');
export const roleBinding = describerOfBinding('RoleBinding');
export const clusterRoleBinding = describerOfBinding('ClusterRoleBinding');

function begun(object: Obj): DescribeWriter {
  const writer = new DescribeWriter();
  writeHead(writer, object, false);
  return writer;
}

function describerOfRole(kind: string): Describer {
  return {
    group: GROUP,
    kind,
    describe(_context, object) {
      const writer = begun(object);
      writer.write(LEVEL_0, 'PolicyRule:\n');
      writer.write(LEVEL_1, 'Resources\tNon-Resource URLs\tResource Names\tVerbs\n');
      writer.write(LEVEL_1, '---------\t-----------------\t--------------\t-----\n');
      const rules = compactRules(list(object, 'rules').map(asRule).flatMap(brokenRule));
      for (const rule of [...rules].sort((a, b) => compareStrings(sortKey(a), sortKey(b)))) {
        const { nonResourceURLs = [], resourceNames = [], verbs } = rule;
        writer.line(LEVEL_1, resourceOf(rule), goSlice(nonResourceURLs), goSlice(resourceNames), goSlice(verbs));
      }
      return Promise.resolve(writer.finish());
    },
  };
}

function asRule(rule: Obj): PolicyRule {
  return rule as unknown as PolicyRule;
}

/** As Go prints a slice. */
function goSlice(values: readonly string[]): string {
  return `[${values.join(' ')}]`;
}

/** What the rule's String() begins with, by which the rules are sorted. */
function sortKey({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): string {
  return `&PolicyRule{Verbs:${goSlice(verbs)},APIGroups:${goSlice(apiGroups)},Resources:${goSlice(resources)},ResourceNames:${goSlice(resourceNames)},NonResourceURLs:${goSlice(nonResourceURLs)},}`;
}

/** `deployments.apps/scale`. Models CombineResourceGroup. */
function resourceOf({ resources = [], apiGroups = [] }: PolicyRule): string {
  const [first] = resources;
  if (first === undefined) return '';
  const slash = first.indexOf('/');
  const [base, sub] = slash < 0 ? [first, ''] : [first.slice(0, slash), first.slice(slash)];
  const group = apiGroups[0] ?? '';
  return `${base}${group === '' ? '' : `.${group}`}${sub}`;
}

function describerOfBinding(kind: string): Describer {
  return {
    group: GROUP,
    kind,
    describe(_context, object) {
      const writer = begun(object);
      writer.write(LEVEL_0, 'Role:\n');
      writer.line(LEVEL_1, 'Kind:', str(object, 'roleRef', 'kind'));
      writer.line(LEVEL_1, 'Name:', str(object, 'roleRef', 'name'));
      writer.write(LEVEL_0, 'Subjects:\n');
      writer.write(LEVEL_1, 'Kind\tName\tNamespace\n');
      writer.write(LEVEL_1, '----\t----\t---------\n');
      for (const subject of list(object, 'subjects'))
        writer.line(LEVEL_1, str(subject, 'kind'), str(subject, 'name'), str(subject, 'namespace'));
      return Promise.resolve(writer.finish());
    },
  };
}
