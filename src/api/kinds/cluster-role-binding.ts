import { defineKind } from '../kind.ts';

export const CLUSTER_ROLE_BINDING = defineKind({
  group: 'rbac.authorization.k8s.io',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  nameRule: 'path-segment',
  storagePrefix: '/registry/clusterrolebindings/',
  storageVersionHash: '48tpQ8gZHFc=',
});
