import type { Micros } from '../../sim/env.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import { foldWorld } from './fold-world.ts';
import { copyWorld, createWorld, type World } from './world.ts';

/** Records between two checkpoints: refolding so many stays well under a frame. */
const STRIDE = 3_000;
/** Older history can be had again by replaying the recording. */
const KEPT_STRIDES = 60;

interface Segment {
  readonly start: World;
  readonly events: TraceEvent[];
}

/** What looking back is made of: the world at intervals, and what changed it in between. */
export interface Journal {
  segments: Segment[];
}

export function createJournal(): Journal {
  return { segments: [{ start: createWorld(), events: [] }] };
}

/** Records an event that `changesWorld`; `world` is the world before it. */
export function record(journal: Journal, world: World, event: TraceEvent): void {
  let segment = journal.segments.at(-1);
  if (segment === undefined || segment.events.length >= STRIDE) {
    segment = { start: copyWorld(world), events: [] };
    journal.segments.push(segment);
    if (journal.segments.length > KEPT_STRIDES) journal.segments.shift();
  }
  segment.events.push(event);
}

export function oldest(journal: Journal): Micros {
  return journal.segments[0]?.start.now ?? 0;
}

/** The world as it was right after everything that happened until then. */
export function worldAt(journal: Journal, at: Micros): World {
  const segment = journal.segments.findLast((one) => one.start.now <= at) ?? journal.segments[0];
  if (segment === undefined) return createWorld();
  const world = copyWorld(segment.start);
  for (const event of segment.events) {
    if (event.at > at) break;
    foldWorld(world, event);
  }
  world.now = at;
  return world;
}
