import type { SessionStatus } from '../../sim/session.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import type { Slice } from '../stores/fold-world.ts';
import { foldEvent, type Model } from '../stores/trace-store.ts';

/** Milliseconds of folding in one frame: the rest of a large batch waits, so that the page always answers. */
const BUDGET = 9;
/** How much may wait before folding takes half of every frame more. */
const BEHIND = 60_000;
const CHUNK = 64;

export interface Pump {
  take(batch: readonly TraceEvent[], status: SessionStatus): void;
  stop(): void;
}

interface Frame {
  readonly request: (run: () => void) => number;
  readonly cancel: (id: number) => void;
  readonly wall: () => number;
}

export const browserFrame: Frame = {
  request: (run) => (document.hidden ? window.setTimeout(run, 200) : requestAnimationFrame(run)),
  cancel: (id) => {
    clearTimeout(id);
    cancelAnimationFrame(id);
  },
  wall: () => performance.now(),
};

/** Folds what arrives, a slice per frame, and tells once per frame what changed. */
export function createPump(
  model: Model,
  folded: (touched: ReadonlySet<Slice>, status: SessionStatus) => void,
  frame: Frame,
): Pump {
  let queue: (readonly TraceEvent[])[] = [];
  let offset = 0;
  let waiting = 0;
  let status: SessionStatus | undefined;
  let scheduled: number | undefined;

  const run = (): void => {
    scheduled = undefined;
    const touched = new Set<Slice>();
    const started = frame.wall();
    const budget = waiting > BEHIND ? BUDGET * 2.5 : BUDGET;
    model.flights.clock = { wall: started, virtual: queue[0]?.[offset]?.at ?? 0, speed: status?.speed ?? 1 };
    while (queue.length > 0 && frame.wall() - started < budget) foldChunk(touched);
    if (status !== undefined)
      folded(touched, queue.length > 0 ? { ...status, now: Math.min(status.now, model.world.now) } : status);
    if (queue.length > 0) scheduled = frame.request(run);
  };

  const foldChunk = (touched: Set<Slice>): void => {
    const batch = queue[0];
    if (batch === undefined) return;
    const end = Math.min(batch.length, offset + CHUNK);
    for (; offset < end; offset++) {
      const event = batch[offset];
      if (event === undefined) continue;
      const slice = foldEvent(model, event);
      if (slice !== undefined) touched.add(slice);
      waiting--;
    }
    if (offset < batch.length) return;
    queue = queue.slice(1);
    offset = 0;
  };

  return {
    take(batch, newest) {
      status = newest;
      if (batch.length > 0) queue.push(batch);
      waiting += batch.length;
      scheduled ??= frame.request(run);
    },
    stop() {
      if (scheduled !== undefined) frame.cancel(scheduled);
      queue = [];
    },
  };
}
