import { defineKind } from '../kind.ts';

export const CONFIG_MAP = defineKind({
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  storagePrefix: '/registry/configmaps/',
  storageVersionHash: 'qFsyl6wFWjQ=',
});
