import { defineKind, statusOf } from '../kind.ts';

export const NAMESPACE = defineKind({
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }, statusOf('Namespace')],
  storagePrefix: '/registry/namespaces/',
  storageVersionHash: 'Q3oi5N2YM8M=',
  nameRule: 'label',
  selectableFields: ['status.phase'],
});
