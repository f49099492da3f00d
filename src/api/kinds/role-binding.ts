import { defineKind } from '../kind.ts';

export const ROLE_BINDING = defineKind({
  group: 'rbac.authorization.k8s.io',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  nameRule: 'path-segment',
  storagePrefix: '/registry/rolebindings/',
  storageVersionHash: 'eGsCzGH6b1g=',
});
