import { useMemo } from 'react';
import type { Slice } from './fold-world.ts';
import { worldAt } from './journal.ts';
import { useTrace } from './trace-store.ts';
import { useView } from './view-store.ts';
import type { World } from './world.ts';

/** The world that the page shows: now, or the past that the playhead stands in. Renders again when one of the slices changed. */
export function useWorld(...slices: readonly Slice[]): World {
  const playhead = useView((view) => view.playhead);
  const model = useTrace((state) => state.model);
  useTrace((state) => (playhead === undefined ? slices.reduce((sum, slice) => sum + state.ticks[slice], 0) : -1));
  const past = useMemo(
    () => (playhead === undefined ? undefined : worldAt(model.journal, playhead)),
    [model, playhead],
  );
  return past ?? model.world;
}

/** A number that changes when one of the slices does, for memos over the mutable world. */
export function useTick(...slices: readonly (Slice | 'any')[]): string {
  const playhead = useView((view) => view.playhead);
  const tick = useTrace((state) => slices.reduce((sum, slice) => sum + state.ticks[slice], 0));
  return playhead === undefined ? `live ${tick}` : `at ${playhead}`;
}

/** Ticks at most every so many microseconds of wall time would do no good: panels that need not be quick look at this. */
export function useSlowTick(every: number): string {
  const playhead = useView((view) => view.playhead);
  const tick = useTrace((state) => Math.floor(state.ticks.any / every));
  return playhead === undefined ? `live ${tick}` : `at ${playhead}`;
}
