import { describe, expect, it } from 'vitest';
import { planOf } from './plan.ts';
import { scenarioLines, shrink, withInputs } from './shrink.ts';

describe('a failing list of inputs', () => {
  it.each([[[3]], [[0, 99]], [[10, 50, 51]], [[]]])('is reduced to what it takes: %j', async (needed) => {
    const fails = (kept: readonly number[]) => Promise.resolve(needed.every((index) => kept.includes(index)));
    expect(await shrink(100, fails, 1000)).toEqual(needed);
  });

  it('is tried no more often than allowed, and what is left still fails', async () => {
    let asked = 0;
    const fails = (kept: readonly number[]) => {
      asked++;
      return Promise.resolve(kept.includes(7) && kept.includes(80));
    };
    const kept = await shrink(100, fails, 9);
    expect(asked).toBe(9);
    expect(kept).toEqual(expect.arrayContaining([7, 80]));
    expect(kept.length).toBeLessThan(60);
  });

  it('is shown as a scenario', () => {
    const plan = planOf(1, 2);
    const fault = plan.inputs.findIndex((input) => input.kind === 'fault');
    expect(scenarioLines(withInputs(plan, [fault]))).toHaveLength(2);
    expect(scenarioLines(withInputs(plan, [fault]))[1]).toMatch(/^at [\d.]+ s: [a-z]/);
  });
});
