// One stored event, two views: core/v1 and events.k8s.io/v1. Models pkg/apis/events/v1 conversion.
import type { Event, EventsV1Event } from './types.gen.ts';

type Members = Record<string, unknown>;

/** Names of members in the core view and in the newer one; everything else is called the same. */
const RENAMED: readonly (readonly [core: string, newer: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

export function toEventsV1(event: Event): EventsV1Event {
  return rename(event, RENAMED, 'events.k8s.io/v1') as unknown as EventsV1Event;
}

export function toCoreEvent(event: EventsV1Event): Event {
  return rename(
    event,
    RENAMED.map(([core, newer]) => [newer, core] as const),
    'v1',
  ) as unknown as Event;
}

function rename(event: object, names: readonly (readonly [string, string])[], apiVersion: string): Members {
  const target = new Map(names);
  const entries = Object.entries(event).map(([key, value]) => [target.get(key) ?? key, value as unknown] as const);
  return { ...Object.fromEntries(entries), apiVersion };
}
