import type { SessionStatus } from '../../sim/session.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import type { Slice } from '../stores/fold-world.ts';
import { foldEvent, type Model } from '../stores/trace-store.ts';

/** Milliseconds of folding in one frame: the rest of a large batch waits, so that the page always answers. */
const BUDGET = 9;
const SPARE_BUDGET = 18;
/** How much may wait before folding takes half of every frame more. */
const BEHIND = 60_000;
const CHUNK = 64;
/** Milliseconds between two frames while the run is behind: what drawing saves, the cluster has. */
export const SPARE_FRAME = 40;
/** Milliseconds between two redrawings of what changed; the clock and the packets move in every frame. */
const REDRAW = 50;
const SLOWEST_REDRAW = 250;

export interface Pump {
  take(batch: readonly TraceEvent[], status: SessionStatus): void;
  stop(): void;
}

const FRAME = 17;
const NOTHING: ReadonlySet<Slice> = new Set();

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
  let touched = new Set<Slice>();
  let began = -Infinity;
  let drawn = -Infinity;
  let pause = REDRAW;
  let justDrew = false;

  const run = (): void => {
    scheduled = undefined;
    const started = frame.wall();
    const spare = status?.behind === true;
    if (spare && started - began < SPARE_FRAME) {
      scheduled = frame.request(run);
      return;
    }
    began = started;
    // A page that needs long to redraw does it more seldom: five times as long as that takes, it is free for other things.
    if (justDrew) pause = Math.min(SLOWEST_REDRAW, Math.max(REDRAW, (started - drawn - FRAME) * 5));
    justDrew = false;
    const budget = waiting > BEHIND ? BUDGET * 2.5 : spare ? SPARE_BUDGET : BUDGET;
    model.flights.clock = { wall: started, virtual: queue[0]?.[offset]?.at ?? 0, speed: status?.speed ?? 1 };
    // A frame that redraws has enough to do, unless more and more waits.
    const redraws = touched.size > 0 && started - drawn >= pause && waiting < BEHIND;
    if (!redraws) while (queue.length > 0 && frame.wall() - started < budget) foldChunk();
    report(redraws || waiting >= BEHIND);
    if (queue.length > 0 || touched.size > 0) scheduled = frame.request(run);
  };

  const report = (mayRedraw: boolean): void => {
    if (status === undefined) return;
    const shown = queue.length > 0 ? { ...status, now: Math.min(status.now, model.world.now) } : status;
    const wall = frame.wall();
    if (!mayRedraw || wall - drawn < pause) {
      folded(NOTHING, shown);
      return;
    }
    folded(touched, shown);
    touched = new Set();
    drawn = wall;
    justDrew = true;
  };

  const foldChunk = (): void => {
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
