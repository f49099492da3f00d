import type { Random } from './env.ts';

/** Mixes 32 bits so that every input bit reaches every output bit (the finalizer of MurmurHash3). */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A hash of the run's seed, a name and a number: what decides a packet's fate without a shared generator. */
export function hash32(seed: number, name: string, sequence: number): number {
  let h = mix32(seed ^ 0x9e3779b9);
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return mix32(mix32(h) + Math.imul(sequence, 0x9e3779b1));
}

/** xoshiro128** by Blackman and Vigna, seeded through 32-bit mixing. Integers only, so equal on every engine. */
export function createRandom(seed: number, name: string): Random {
  let a = hash32(seed, name, 1);
  let b = hash32(seed, name, 2);
  let c = hash32(seed, name, 3);
  let d = hash32(seed, name, 4) | 1;

  const next = (): number => {
    const scrambled = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return scrambled;
  };

  const below = (limit: number): number => {
    if (limit <= 1) return 0;
    if (limit > 0x100000000) return (below(0x200000) * 0x100000000 + next()) % limit;
    // Rejection keeps the result uniform.
    const bound = 0x100000000 - (0x100000000 % limit);
    let value = next();
    while (value >= bound) value = next();
    return value % limit;
  };

  return {
    below,
    chance: (numerator, denominator) => below(denominator) < numerator,
    hex: (length) => {
      let text = '';
      while (text.length < length) text += next().toString(16).padStart(8, '0');
      return text.slice(0, length);
    },
  };
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
