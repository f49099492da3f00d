import { defineKind, statusOf } from '../kind.ts';

export const FLOW_SCHEMA = defineKind({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  namespaced: false,
  subresources: [statusOf('FlowSchema')],
  storagePrefix: '/registry/flowschemas/',
  storageVersionHash: 'GJVAJZSZBIw=',
  hasGeneration: true,
});
