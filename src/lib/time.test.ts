import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { formatMicroTime, formatRfc1123z, formatTime, fromCivil, parseTime, toCivil } from './time.ts';

describe('time', () => {
  it('formats as the wire and kubectl do', () => {
    const t = parseTime('2026-11-22T13:24:24.000123Z') ?? NaN;
    expect(formatTime(t)).toBe('2026-11-22T13:24:24Z');
    expect(formatMicroTime(t)).toBe('2026-11-22T13:24:24.000123Z');
    expect(formatRfc1123z(t)).toBe('Sun, 22 Nov 2026 13:24:24 +0000');
    expect(toCivil(t).weekday).toBe(0);
  });
  it('agrees with the host about every instant', () => {
    fc.assert(
      fc.property(fc.integer({ min: -2_000_000_000, max: 4_000_000_000 }), (seconds) => {
        const expected = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
        expect(formatTime(seconds * 1_000_000)).toBe(expected);
        expect(parseTime(expected)).toBe(seconds * 1_000_000);
      }),
    );
  });
  it('reads offsets and rejects what is no time', () => {
    expect(parseTime('2026-11-22T15:24:24+02:00')).toBe(parseTime('2026-11-22T13:24:24Z'));
    for (const bad of [
      '',
      '2026-02-29T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-01-01 00:00:00Z',
      '2026-01-01T24:00:00Z',
    ])
      expect(parseTime(bad)).toBeUndefined();
  });
  it('carries over months and days', () => {
    expect(formatTime(fromCivil(2026, 13, 1))).toBe('2027-01-01T00:00:00Z');
    expect(formatTime(fromCivil(2026, 2, 29))).toBe('2026-03-01T00:00:00Z');
  });
});
