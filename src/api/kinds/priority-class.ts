import { defineKind } from '../kind.ts';

export const PRIORITY_CLASS = defineKind({
  group: 'scheduling.k8s.io',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  namespaced: false,
  storagePrefix: '/registry/priorityclasses/',
  storageVersionHash: '1QwjyaZjj3Y=',
  hasGeneration: true,
});
