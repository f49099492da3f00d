import { defineKind } from '../kind.ts';

export const SERVICE_ACCOUNT = defineKind({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  subresources: [
    { name: 'token', group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  ],
  storagePrefix: '/registry/serviceaccounts/',
  storageVersionHash: 'pbx9ZvyFpBE=',
});
