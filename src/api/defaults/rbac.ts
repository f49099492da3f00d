// Models pkg/apis/rbac/v1/defaults.go.
import type { ClusterRoleBinding, RoleBinding, Subject } from '../types.gen.ts';
import type { Mutable } from './mutable.ts';

const GROUP = 'rbac.authorization.k8s.io';

export function defaultBinding(binding: Mutable<ClusterRoleBinding> | Mutable<RoleBinding>): void {
  const { roleRef, subjects } = binding as {
    roleRef?: Mutable<RoleBinding['roleRef']>;
    subjects?: Mutable<Subject>[];
  };
  if (roleRef !== undefined && (roleRef.apiGroup ?? '') === '') roleRef.apiGroup = GROUP;
  for (const subject of subjects ?? []) {
    if ((subject.apiGroup ?? '') === '' && (subject.kind === 'User' || subject.kind === 'Group'))
      subject.apiGroup = GROUP;
  }
}
