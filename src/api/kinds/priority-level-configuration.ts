import { defineKind, statusOf } from '../kind.ts';

export const PRIORITY_LEVEL_CONFIGURATION = defineKind({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  namespaced: false,
  subresources: [statusOf('PriorityLevelConfiguration')],
  storagePrefix: '/registry/prioritylevelconfigurations/',
  storageVersionHash: 'Kir5PVfvNeI=',
  hasGeneration: true,
});
