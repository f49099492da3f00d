import { expect, it } from 'vitest';
import { nextAddress } from './ipam.ts';

it('gives addresses in turn, from the second on, and none twice', () => {
  expect(nextAddress('10.244.3.0/24', undefined, new Set())).toBe('10.244.3.2');
  expect(nextAddress('10.244.3.0/24', '10.244.3.9', new Set())).toBe('10.244.3.10');
  expect(nextAddress('10.244.3.0/24', '10.244.3.9', new Set(['10.244.3.10']))).toBe('10.244.3.11');
  expect(nextAddress('10.244.3.0/24', '10.244.3.254', new Set(['10.244.3.2']))).toBe('10.244.3.3');
  expect(nextAddress('10.244.4.0/24', '10.244.3.9', new Set())).toBe('10.244.4.2');
});

it('ends with the network', () => {
  const used = new Set<string>();
  for (let last: string | undefined; ;) {
    last = nextAddress('10.0.0.0/29', last, used);
    if (last === undefined) break;
    used.add(last);
  }
  expect([...used]).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']);
});
