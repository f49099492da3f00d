import { defineKind } from '../kind.ts';

export const CLUSTER_ROLE = defineKind({
  group: 'rbac.authorization.k8s.io',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  nameRule: 'path-segment',
  storagePrefix: '/registry/clusterroles/',
  storageVersionHash: 'bYE5ZWDrJ44=',
});
