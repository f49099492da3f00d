import { describe, expect, test } from 'vitest';
import { EventQueue } from './event-queue.ts';
import { createRandom, hash32 } from './random.ts';
import { TraceHash } from './trace-hash.ts';

describe('random', () => {
  test('is the same for the same seed and name, and only then', () => {
    const draw = (seed: number, name: string): string => createRandom(seed, name).hex(32);
    expect(draw(1, 'a')).toBe(draw(1, 'a'));
    expect(new Set([draw(1, 'a'), draw(2, 'a'), draw(1, 'b')]).size).toBe(3);
    expect(draw(1, 'a')).toMatch(/^[0-9a-f]{32}$/);
  });

  test.each([1, 2, 7, 1_000, 0x100000000, 0x10000000000])('below(%i) stays below and reaches everywhere', (limit) => {
    const random = createRandom(5, 'x');
    const buckets = [0, 0, 0, 0];
    for (let i = 0; i < 4_000; i++) {
      const value = random.below(limit);
      expect(value >= 0 && value < limit && Number.isInteger(value)).toBe(true);
      const bucket = Math.floor((value * 4) / limit);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    if (limit > 4) for (const count of buckets) expect(count).toBeGreaterThan(500);
  });

  test('a hash spreads neighbouring sequence numbers', () => {
    let low = 0;
    for (let i = 0; i < 10_000; i++) if (hash32(1, 'c1', i) % 10 === 0) low++;
    expect(low).toBeGreaterThan(900);
    expect(low).toBeLessThan(1_100);
  });
});

describe('trace hash', () => {
  const of = (...parts: readonly (string | number)[]): string => {
    const hash = new TraceHash();
    for (const part of parts) {
      if (typeof part === 'string') hash.text(part);
      else hash.number(part);
    }
    return hash.hex();
  };

  test('is sixteen digits and tells order, borders and every bit apart', () => {
    const all = [
      of('ab'),
      of('ba'),
      of('a', 'b'),
      of(''),
      of('', ''),
      of(1),
      of(2),
      of(0x100000001),
      of(-1),
      of('ab', 1),
    ];
    for (const hash of all) expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(all).size).toBe(all.length);
  });
});

test('events come by time, then source, then sequence; cancelled ones never', () => {
  const queue = new EventQueue();
  const order: string[] = [];
  const push = (at: number, source: number, seq: number) =>
    queue.push(at, source, seq, () => order.push(`${at}.${source}.${seq}`));
  push(2, 1, 0);
  push(1, 2, 1);
  const cancelled = push(1, 2, 0);
  push(1, 1, 9);
  push(1, 2, 2);
  queue.cancel(cancelled);
  queue.cancel(cancelled);
  expect(queue.size).toBe(4);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) next.run();
  expect(order).toEqual(['1.1.9', '1.2.1', '1.2.2', '2.1.0']);
  expect(queue.peekTime()).toBeUndefined();
});
