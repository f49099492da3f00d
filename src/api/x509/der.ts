// Distinguished Encoding Rules (X.690), as far as certificates need them.
import { must } from '../../lib/assert.ts';

/** One value: its tag byte, what it holds, and all of its bytes. */
export interface Der {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly raw: Uint8Array;
}

export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** What bytes do not say, in Go's words. */
export class DerError extends Error {}

const LONG = 0x80;

/** The value at the start of the bytes. Throws DerError. */
export function readDer(bytes: Uint8Array): Der {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) throw new DerError('asn1: syntax error: data truncated');
  let length = first;
  let from = 2;
  if (first >= LONG) {
    length = 0;
    from += first - LONG;
    for (const byte of bytes.subarray(2, from)) length = length * 256 + byte;
  }
  if (from + length > bytes.length) throw new DerError('asn1: syntax error: data truncated');
  return { tag, content: bytes.subarray(from, from + length), raw: bytes.subarray(0, from + length) };
}

/** The values inside one that is made of others. Throws DerError. */
export function partsOf({ content }: Der): Der[] {
  const parts: Der[] = [];
  for (let rest = content; rest.length > 0;) {
    const part = readDer(rest);
    parts.push(part);
    rest = rest.subarray(part.raw.length);
  }
  return parts;
}

/** `2.5.4.3` */
export function oidOf({ content }: Der): string {
  const numbers: number[] = [];
  let held = 0;
  for (const byte of content) {
    held = held * 128 + (byte & 0x7f);
    if (byte >= LONG) continue;
    if (numbers.length === 0)
      numbers.push(Math.min(2, Math.floor(held / 40)), held - 40 * Math.min(2, Math.floor(held / 40)));
    else numbers.push(held);
    held = 0;
  }
  return numbers.join('.');
}

export function textOf({ content }: Der): string {
  return new TextDecoder().decode(content);
}

export function der(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const content = parts.flatMap((part) => [...part]);
  return Uint8Array.from([tag, ...lengthOf(content.length), ...content]);
}

function lengthOf(length: number): number[] {
  if (length < LONG) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [LONG + bytes.length, ...bytes];
}

export function derText(text: string): Uint8Array {
  return der(Tag.utf8String, new TextEncoder().encode(text));
}

export function derOid(oid: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  return der(Tag.oid, [first * 40 + second, ...rest.flatMap(base128)]);
}

function base128(value: number): number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(LONG + (rest % 128));
  return digits;
}

/** `numbers[i]` of the bits are set, the first bit the highest. Models a named bit list: trailing zeros are left out. */
export function derBits(set: readonly number[]): Uint8Array {
  if (set.length === 0) return der(Tag.bitString, [0]);
  const last = Math.max(...set);
  const bytes = Array.from({ length: Math.floor(last / 8) + 1 }, () => 0);
  for (const bit of set) bytes[Math.floor(bit / 8)] = must(bytes[Math.floor(bit / 8)]) | (LONG >> (bit % 8));
  return der(Tag.bitString, [7 - (last % 8), ...bytes]);
}
