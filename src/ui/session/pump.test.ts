import { describe, expect, it } from 'vitest';
import type { SessionStatus } from '../../sim/session.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import type { Slice } from '../stores/fold-world.ts';
import { createModel, NO_STATUS } from '../stores/trace-store.ts';
import { createPump, SPARE_FRAME } from './pump.ts';

const FRAME = 16;

/** A page without a screen: frames come when `step` is called. `cost`: how far the wall's clock goes on whenever it is looked at. */
function page(cost = 0) {
  let wall = 0;
  let next: (() => void) | undefined;
  const told: { readonly wall: number; readonly touched: readonly Slice[]; readonly folded: number }[] = [];
  const model = createModel();
  const pump = createPump(
    model,
    (touched) => told.push({ wall, touched: [...touched], folded: model.world.machines.size }),
    {
      request(run) {
        next = run;
        return 1;
      },
      cancel() {
        next = undefined;
      },
      wall: () => (wall += cost),
    },
  );
  return {
    pump,
    told,
    step() {
      wall += FRAME;
      const run = next;
      next = undefined;
      run?.();
      return run !== undefined;
    },
  };
}

const machine = (host: string): TraceEvent => ({ kind: 'host', host, state: 'on', at: 0, source: host, seq: 0 });
const status = (behind: boolean): SessionStatus => ({ ...NO_STATUS, running: true, behind });

describe('the pump', () => {
  it('folds in one frame and has what changed redrawn in the next, once', () => {
    const { pump, told, step } = page();
    pump.take([machine('a'), machine('b')], status(false));
    while (step());
    expect(told.map(({ touched, folded }) => [touched, folded])).toEqual([
      [[], 2],
      [['machines'], 2],
    ]);
  });

  it('redraws no more often than twenty times a second, however many batches come', () => {
    const { pump, told, step } = page();
    for (let i = 0; i < 60; i++) {
      pump.take([machine(`m${i}`)], status(false));
      step();
    }
    while (step());
    const redrawn = told.filter(({ touched }) => touched.length > 0).map(({ wall }) => wall);
    expect(redrawn.length).toBeGreaterThan(10);
    for (const [i, wall] of redrawn.entries())
      if (i > 0) expect(wall - (redrawn[i - 1] ?? 0)).toBeGreaterThanOrEqual(50);
    expect(told.at(-1)?.folded).toBe(60);
  });

  it('leaves the processors to a run that is behind: a frame in forty milliseconds', () => {
    const { pump, told, step } = page();
    for (let i = 0; i < 60; i++) {
      pump.take([machine(`m${i}`)], status(true));
      step();
    }
    for (const [i, { wall }] of told.entries())
      if (i > 0) expect(wall - (told[i - 1]?.wall ?? 0)).toBeGreaterThanOrEqual(SPARE_FRAME);
  });

  it('folds and redraws in the same frame while so much waits that frames are dear', () => {
    const { pump, told, step } = page(1);
    pump.take(
      Array.from({ length: 200_000 }, (_, i) => machine(`m${i % 7}`)),
      status(false),
    );
    step();
    expect(told).toMatchObject([{ touched: ['machines'], folded: 7 }]);
    while (step());
    expect(told.at(-1)?.touched).toEqual(['machines']);
  });
});
