import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../sim/env.ts';
import { BackOff } from './back-off.ts';

describe('BackOff', () => {
  it('doubles from ten seconds to five minutes and starts again after ten quiet minutes', () => {
    let now = 1_000 * SECOND;
    const clock = { now: () => now };
    const backOff = new BackOff(clock, 10 * SECOND, 5 * MINUTE);
    const delays: number[] = [];
    for (let i = 0; i < 8; i++) {
      const died = now;
      now += backOff.get('x');
      expect(backOff.isInBackOffSince('x', died)).toBe(false);
      backOff.next('x', died);
      delays.push(backOff.get('x') / SECOND);
      expect(backOff.isInBackOffSince('x', now)).toBe(true);
    }
    expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
    now += 10 * MINUTE + SECOND;
    expect(backOff.isInBackOffSince('x', now)).toBe(false);
    backOff.next('x', now);
    expect(backOff.get('x')).toBe(10 * SECOND);
  });

  it('knows nothing of other keys, nor of forgotten ones', () => {
    const backOff = new BackOff({ now: () => 0 }, 10 * SECOND, 5 * MINUTE);
    backOff.next('uid_a', 0);
    expect(backOff.isInBackOffSinceUpdate('uid_a')).toBe(true);
    expect(backOff.isInBackOffSinceUpdate('uid_b')).toBe(false);
    backOff.forget('uid_');
    expect(backOff.isInBackOffSinceUpdate('uid_a')).toBe(false);
  });
});
