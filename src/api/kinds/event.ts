import { defineKind } from '../kind.ts';

export const EVENT = defineKind({
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  storagePrefix: '/registry/events/',
  storageVersionHash: 'r2yiGXH7wu8=',
  createOnUpdate: true,
  selectableFields: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
});

/** The same stored objects, seen through the newer API. */
export const EVENT_V1 = defineKind({
  group: 'events.k8s.io',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  storagePrefix: '/registry/events/',
  storageVersionHash: 'r2yiGXH7wu8=',
  type: 'EventsV1Event',
  createOnUpdate: true,
  selectableFields: [
    'regarding.kind',
    'regarding.namespace',
    'regarding.name',
    'regarding.uid',
    'regarding.apiVersion',
    'regarding.resourceVersion',
    'regarding.fieldPath',
    'reason',
    'reportingController',
    'type',
  ],
});
