import { describe, expect, it } from 'vitest';
import { planOf, runPlan, shortfall } from './random-run.ts';

/** `npm run fuzz` takes ten, and hundreds of seeds. */
const MINUTES = 4;

describe('random runs', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('seed %i breaks no invariant and settles when healed', async (seed) => {
    const report = await runPlan(planOf(seed, MINUTES));
    expect(report.violations).toEqual([]);
    expect(shortfall(report, MINUTES)).toBeUndefined();
  });
});
