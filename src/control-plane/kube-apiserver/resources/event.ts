// Models pkg/apis/events/v1/conversion.go: one stored Event, seen through two versions.
import type { KubeObject } from '../../../api/types.gen.ts';
import { member } from '../storage/objects.ts';

/** Fields of events.k8s.io/v1 and what they are called in v1. */
const NAMES: readonly (readonly [newer: string, core: string])[] = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

const TO_CORE = new Map(NAMES);
const TO_NEWER = new Map(NAMES.map(([newer, core]) => [core, newer]));

export function toCoreEvent(event: KubeObject): KubeObject {
  return renamed(event, 'v1', TO_CORE);
}

export function toEventV1(event: KubeObject): KubeObject {
  return renamed(event, 'events.k8s.io/v1', TO_NEWER);
}

function renamed(event: KubeObject, apiVersion: string, names: ReadonlyMap<string, string>): KubeObject {
  if (event.apiVersion === apiVersion) return event;
  const { kind, metadata } = event;
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(event)) {
    if (name === 'kind' || name === 'apiVersion' || name === 'metadata') continue;
    result[names.get(name) ?? name] = member(event, name);
  }
  return { kind, apiVersion, metadata, ...result };
}
