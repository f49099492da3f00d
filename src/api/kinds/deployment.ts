import { defineKind, SCALE, statusOf } from '../kind.ts';

export const DEPLOYMENT = defineKind({
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: [SCALE, statusOf('Deployment')],
  storagePrefix: '/registry/deployments/',
  storageVersionHash: '8aSe+NMegvE=',
  hasGeneration: true,
});
