import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { Heap } from './heap.ts';
import { SortedMap } from './sorted-map.ts';
import { compareNumbers, compareStrings, sortBy } from './order.ts';
import { deepClone, deepEqual, stableStringify } from './json.ts';
import { fnv1a32, fnv132 } from './fnv.ts';

describe('order', () => {
  it('is the order of UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(Math.sign(compareStrings(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    expect(compareStrings('\u{1f600}', '\uffee')).toBeGreaterThan(0);
  });
  it('sorts by several keys', () => {
    const items = [
      { n: 2, s: 'b' },
      { n: 10, s: 'a' },
      { n: 2, s: 'a' },
    ];
    expect(
      sortBy(
        items,
        (i) => i.n,
        (i) => i.s,
      ).map((i) => `${i.n}${i.s}`),
    ).toEqual(['2a', '2b', '10a']);
  });
});

describe('Heap', () => {
  it('pops in order, whatever is removed in between', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (numbers, victim) => {
        const heap = new Heap<number>(compareNumbers);
        for (const n of numbers) heap.push(n);
        const expected = [...numbers].sort(compareNumbers);
        const removed = heap.remove((n) => n > victim);
        if (removed !== undefined) expected.splice(expected.indexOf(removed), 1);
        const popped: number[] = [];
        for (let n = heap.pop(); n !== undefined; n = heap.pop()) popped.push(n);
        expect(popped).toEqual(expected);
      }),
    );
  });
});

describe('SortedMap', () => {
  it('agrees with a sorted array through inserts, deletes and ranges', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 2000 })), { maxLength: 3000, size: 'max' }),
        fc.integer({ min: 0, max: 2000 }),
        fc.integer({ min: 0, max: 2000 }),
        (operations, from, to) => {
          const map = new SortedMap<number, string>(compareNumbers);
          const model = new Map<number, string>();
          for (const [insert, key] of operations) {
            if (insert) {
              map.set(key, `v${key}`);
              model.set(key, `v${key}`);
            } else expect(map.delete(key)).toBe(model.delete(key));
          }
          const keys = [...model.keys()].sort(compareNumbers);
          expect([...map.keys()]).toEqual(keys);
          expect(map.size).toBe(keys.length);
          const inRange = keys.filter((k) => k >= from && k < to);
          expect([...map.range(from, to)].map(([k]) => k)).toEqual(inRange);
          expect(map.count(from, to)).toBe(inRange.length);
          expect(map.ceiling(from)?.[0]).toBe(keys.find((k) => k >= from));
          expect(map.floor(from)?.[0]).toBe(keys.findLast((k) => k <= from));
          expect(map.get(from)).toBe(model.get(from));
          expect(map.first()?.[0]).toBe(keys[0]);
          expect(map.last()?.[0]).toBe(keys.at(-1));
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('SortedMap of strings', () => {
  it('starts empty, and is again when all is deleted', () => {
    const map = SortedMap.ofStrings<number>();
    expect([map.get('a'), map.first(), map.ceiling('a'), map.floor('a'), map.count()]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      0,
    ]);
    map.set('b', 1);
    map.set('a', 2);
    expect([...map]).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    map.delete('a');
    map.delete('b');
    expect(map.size).toBe(0);
    map.set('c', 3);
    expect(map.last()).toEqual(['c', 3]);
  });
});

describe('json', () => {
  it('compares, copies and prints data', () => {
    const a = JSON.parse('{"b":[1,{"x":null}],"a":"s","__proto__":{"p":1}}') as unknown;
    expect(deepEqual(a, deepClone(a))).toBe(true);
    expect(deepEqual({ a: undefined, b: 1 }, { b: 1 })).toBe(true);
    expect(deepEqual({ a: null }, {})).toBe(false);
    expect(deepEqual([1], { 0: 1 })).toBe(false);
    expect(stableStringify({ b: 1, a: { d: 1, c: 2 } })).toBe('{"a":{"c":2,"d":1},"b":1}');
  });
});

describe('fnv', () => {
  it('has the published values', () => {
    expect(fnv1a32('')).toBe(0x811c9dc5);
    expect(fnv1a32('foobar')).toBe(0xbf9cf968);
    expect(fnv132('foobar')).toBe(0x31f0b262);
  });
});
