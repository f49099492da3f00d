import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ByteDecoder, bytesToText, textToBytes } from './byte-text.ts';

describe('bytes as text', () => {
  it('keeps text as it is', () => {
    expect(bytesToText(new TextEncoder().encode('añ→😀\u0000'))).toBe('añ→😀\u0000');
    expect(textToBytes('añ→😀')).toEqual(new TextEncoder().encode('añ→😀'));
  });

  it('loses no byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(textToBytes(bytesToText(bytes))).toEqual(bytes);
      }),
    );
  });

  it('loses no byte in pieces, and cuts no character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (text, cut) => {
        const bytes = new TextEncoder().encode(text);
        const decoder = new ByteDecoder();
        const at = cut % (bytes.length + 1);
        const decoded = decoder.decode(bytes.subarray(0, at)) + decoder.decode(bytes.subarray(at)) + decoder.end();
        expect(decoded).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5 })), (pieces) => {
        const decoder = new ByteDecoder();
        const text = pieces.map((piece) => decoder.decode(piece)).join('') + decoder.end();
        expect([...textToBytes(text)]).toEqual(pieces.flatMap((piece) => [...piece]));
      }),
    );
  });
});
