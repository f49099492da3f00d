import { defineKind } from '../kind.ts';

export const SECRET = defineKind({
  kind: 'Secret',
  plural: 'secrets',
  storagePrefix: '/registry/secrets/',
  storageVersionHash: 'S6u1pOWzb84=',
  selectableFields: ['type'],
});
