import { defineKind, statusOf } from '../kind.ts';

export const SERVICE = defineKind({
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [
    { name: 'proxy', kind: 'ServiceProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
    statusOf('Service'),
  ],
  storagePrefix: '/registry/services/specs/',
  storageVersionHash: '0/CO1lhkEBI=',
  nameRule: 'label1035',
  selectableFields: ['spec.clusterIP', 'spec.type'],
});
