import { defineKind } from '../kind.ts';

export const ROLE = defineKind({
  group: 'rbac.authorization.k8s.io',
  kind: 'Role',
  plural: 'roles',
  nameRule: 'path-segment',
  storagePrefix: '/registry/roles/',
  storageVersionHash: '7FuwZcIIItM=',
});
