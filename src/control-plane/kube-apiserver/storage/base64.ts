import { utf8Bytes } from '../../../lib/fnv.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Base64 for URLs without padding, of the text's UTF-8 bytes. */
export function encodeBase64Url(text: string): string {
  return encodeBytesBase64Url(utf8Bytes(text));
}

export function encodeBytesBase64Url(bytes: ArrayLike<number>): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] ?? 0;
    const b = bytes[i + 1] ?? 0;
    const c = bytes[i + 2] ?? 0;
    const left = bytes.length - i;
    out += ALPHABET.charAt(a >> 2) + ALPHABET.charAt(((a & 3) << 4) | (b >> 4));
    if (left > 1) out += ALPHABET.charAt(((b & 15) << 2) | (c >> 6));
    if (left > 2) out += ALPHABET.charAt(c & 63);
  }
  return out;
}

/** Undefined when it is no base64. Bytes that are no UTF-8 become U+FFFD. */
export function decodeBase64Url(text: string): string | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes: number[] = [];
  let bits = 0;
  let buffer = 0;
  for (const char of text) {
    const value = ALPHABET.indexOf(char);
    if (value < 0) return undefined;
    buffer = ((buffer << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((buffer >> bits) & 0xff);
    }
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
