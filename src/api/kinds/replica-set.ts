import { defineKind, SCALE, statusOf } from '../kind.ts';

export const REPLICA_SET = defineKind({
  group: 'apps',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  subresources: [SCALE, statusOf('ReplicaSet')],
  storagePrefix: '/registry/replicasets/',
  storageVersionHash: 'P1RzHs8/mWQ=',
  hasGeneration: true,
  selectableFields: ['status.replicas'],
});
