import { defineKind } from '../kind.ts';

export const ENDPOINTS = defineKind({
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  storagePrefix: '/registry/services/endpoints/',
  storageVersionHash: 'fWeeMqaN/OA=',
  createOnUpdate: true,
});
