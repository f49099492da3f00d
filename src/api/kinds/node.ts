import { defineKind, statusOf } from '../kind.ts';

export const NODE = defineKind({
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  subresources: [
    { name: 'proxy', kind: 'NodeProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
    statusOf('Node'),
  ],
  storagePrefix: '/registry/minions/',
  storageVersionHash: 'XwShjMxG9Fs=',
  selectableFields: ['spec.unschedulable'],
});
