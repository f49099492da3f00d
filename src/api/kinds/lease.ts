import { defineKind } from '../kind.ts';

export const LEASE = defineKind({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  storagePrefix: '/registry/leases/',
  storageVersionHash: 'gqkMMb/YqFM=',
  createOnUpdate: true,
});
