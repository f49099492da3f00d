import { defineKind } from '../kind.ts';

export const ENDPOINT_SLICE = defineKind({
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  storagePrefix: '/registry/endpointslices/',
  storageVersionHash: 'qgS0xkrxYAI=',
  hasGeneration: true,
});
