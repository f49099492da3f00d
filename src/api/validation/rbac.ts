// Models pkg/apis/rbac/validation.
import { deepEqual } from '../../lib/json.ts';
import { CLUSTER_ROLE } from '../kinds/cluster-role.ts';
import { CLUSTER_ROLE_BINDING } from '../kinds/cluster-role-binding.ts';
import { ROLE } from '../kinds/role.ts';
import { ROLE_BINDING } from '../kinds/role-binding.ts';
import { dns1123Subdomain, pathSegment } from '../names.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject } from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, invalid, notSupported, required } from './field.ts';
import { validateLabelSelector } from './label-selector.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './metadata.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

export function validateRole(role: Role): FieldErrors {
  return [...validateObjectMeta(ROLE, role), ...validateRules(role.rules, true)];
}

export function validateRoleUpdate(next: Role, old: Role): FieldErrors {
  return [...validateRole(next), ...validateObjectMetaUpdate(next, old)];
}

export function validateClusterRole(role: ClusterRole): FieldErrors {
  const errors = [...validateObjectMeta(CLUSTER_ROLE, role), ...validateRules(role.rules, false)];
  if (role.aggregationRule === undefined) return errors;
  const path = 'aggregationRule.clusterRoleSelectors';
  const selectors = role.aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0)
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  selectors.forEach((selector, i) => errors.push(...validateLabelSelector(selector, `${path}[${i}]`)));
  return errors;
}

export function validateClusterRoleUpdate(next: ClusterRole, old: ClusterRole): FieldErrors {
  return [...validateClusterRole(next), ...validateObjectMetaUpdate(next, old)];
}

function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean): FieldErrors {
  return (rules ?? []).flatMap((rule, i) => validateRule(rule, namespaced, `rules[${i}]`));
}

function validateRule(rule: PolicyRule, namespaced: boolean, path: string): FieldErrors {
  const errors: FieldErrors = [];
  const { nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  if ((rule.verbs ?? []).length === 0) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    const refuse = (why: string): number => errors.push(invalid(`${path}.nonResourceURLs`, nonResourceURLs, why));
    if (namespaced) refuse('namespaced rules cannot apply to non-resource URLs');
    if (apiGroups.length + resources.length + resourceNames.length > 0)
      refuse('rules cannot apply to both regular resources and non-resource URLs');
    return errors;
  }
  if (apiGroups.length === 0)
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (resources.length === 0)
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

export function validateRoleBinding(binding: RoleBinding): FieldErrors {
  return [
    ...validateObjectMeta(ROLE_BINDING, binding),
    ...validateRoleRef(binding.roleRef, ['Role', 'ClusterRole']),
    ...validateSubjects(binding.subjects, true),
  ];
}

export function validateRoleBindingUpdate(next: RoleBinding, old: RoleBinding): FieldErrors {
  return [...validateRoleBinding(next), ...validateObjectMetaUpdate(next, old), ...sameRole(next.roleRef, old.roleRef)];
}

export function validateClusterRoleBinding(binding: ClusterRoleBinding): FieldErrors {
  return [
    ...validateObjectMeta(CLUSTER_ROLE_BINDING, binding),
    ...validateRoleRef(binding.roleRef, ['ClusterRole']),
    ...validateSubjects(binding.subjects, false),
  ];
}

export function validateClusterRoleBindingUpdate(next: ClusterRoleBinding, old: ClusterRoleBinding): FieldErrors {
  return [
    ...validateClusterRoleBinding(next),
    ...validateObjectMetaUpdate(next, old),
    ...sameRole(next.roleRef, old.roleRef),
  ];
}

function sameRole(next: RoleRef, old: RoleRef): FieldErrors {
  if (deepEqual(next, old)) return [];
  const shown = { APIGroup: next.apiGroup, Kind: next.kind, Name: next.name };
  return [invalid('roleRef', shown, 'cannot change roleRef')];
}

function validateRoleRef({ apiGroup, kind, name }: RoleRef, kinds: readonly string[]): FieldErrors {
  const errors: FieldErrors = [];
  if (apiGroup !== RBAC_GROUP) errors.push(notSupported('roleRef.apiGroup', apiGroup ?? '', [RBAC_GROUP]));
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind ?? '', kinds));
  if ((name ?? '') === '') errors.push(required('roleRef.name'));
  else errors.push(...complaints('roleRef.name', name, pathSegment(name)));
  return errors;
}

function validateSubjects(subjects: readonly Subject[] | undefined, namespaced: boolean): FieldErrors {
  return (subjects ?? []).flatMap((subject, i) => validateSubject(subject, namespaced, `subjects[${i}]`));
}

function validateSubject(subject: Subject, namespaced: boolean, path: string): FieldErrors {
  const errors: FieldErrors = [];
  const { kind, name = '', apiGroup = '', namespace = '' } = subject;
  if (name === '') errors.push(required(`${path}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...complaints(`${path}.name`, name, dns1123Subdomain(name)));
      if (apiGroup !== '') errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
      if (!namespaced && namespace === '') errors.push(required(`${path}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== RBAC_GROUP) errors.push(notSupported(`${path}.apiGroup`, apiGroup, [RBAC_GROUP]));
      break;
    default:
      errors.push(notSupported(`${path}.kind`, kind ?? '', ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}
