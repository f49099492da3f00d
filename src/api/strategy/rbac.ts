// Models pkg/registry/rbac.
import { defaultBinding } from '../defaults/rbac.ts';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../types.gen.ts';
import {
  validateClusterRole,
  validateClusterRoleBinding,
  validateClusterRoleBindingUpdate,
  validateClusterRoleUpdate,
  validateRole,
  validateRoleBinding,
  validateRoleBindingUpdate,
  validateRoleUpdate,
} from '../validation/rbac.ts';
import { defineStrategy } from './strategy.ts';

/** Go writes the list even when there is none. */
function withRules(role: { rules?: unknown }): void {
  role.rules ??= null;
}

export const ROLE_STRATEGY = defineStrategy<Role>({
  setDefaults: withRules,
  validate: validateRole,
  validateUpdate: validateRoleUpdate,
});

export const CLUSTER_ROLE_STRATEGY = defineStrategy<ClusterRole>({
  setDefaults: withRules,
  validate: validateClusterRole,
  validateUpdate: validateClusterRoleUpdate,
});

export const ROLE_BINDING_STRATEGY = defineStrategy<RoleBinding>({
  setDefaults: defaultBinding,
  validate: validateRoleBinding,
  validateUpdate: validateRoleBindingUpdate,
});

export const CLUSTER_ROLE_BINDING_STRATEGY = defineStrategy<ClusterRoleBinding>({
  setDefaults: defaultBinding,
  validate: validateClusterRoleBinding,
  validateUpdate: validateClusterRoleBindingUpdate,
});
