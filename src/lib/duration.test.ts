import { describe, expect, it } from 'vitest';
import { formatDuration, humanDuration, parseDuration, shortHumanDuration } from './duration.ts';

const S = 1_000_000;

describe('duration', () => {
  it.each([
    ['1m30s', 90 * S],
    ['-1.5h', -5400 * S],
    ['300ms', 300_000],
    ['0', 0],
    ['1h', 3600 * S],
    ['.5s', 500_000],
  ])('reads %s', (text, micros) => expect(parseDuration(text)).toBe(micros));
  it.each([
    ['', 'time: invalid duration ""'],
    ['abc', 'time: invalid duration "abc"'],
    ['5', 'time: missing unit in duration "5"'],
    ['5x', 'time: unknown unit "x" in duration "5x"'],
  ])('rejects %j', (text, message) => expect(() => parseDuration(text)).toThrow(message));
  it.each([
    [0, '0s'],
    [90 * S, '1m30s'],
    [3600 * S, '1h0m0s'],
    [1_500_000, '1.5s'],
    [250_000, '250ms'],
    [7, '7µs'],
    [-2 * S, '-2s'],
  ])('writes %d', (micros, text) => expect(formatDuration(micros)).toBe(text));
  it.each([
    [-2, '<invalid>'],
    [-1, '0s'],
    [119, '119s'],
    [120, '2m'],
    [227, '3m47s'],
    [600, '10m'],
    [3 * 3600 - 1, '179m'],
    [3 * 3600, '3h'],
    [5 * 3600 + 60, '5h1m'],
    [47 * 3600, '47h'],
    [123 * 3600, '5d3h'],
    [8 * 86400, '8d'],
    [729 * 86400, '729d'],
    [731 * 86400, '2y1d'],
    [9 * 365 * 86400, '9y'],
  ])('prints the age %d s as kubectl', (seconds, text) => expect(humanDuration(seconds * S)).toBe(text));
  it('prints the largest unit', () => {
    expect(shortHumanDuration(3 * 86400 * S)).toBe('3d');
    expect(shortHumanDuration(61 * S)).toBe('1m');
  });
});
