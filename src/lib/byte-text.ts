/**
 * Bytes as text and back, without loss: what is UTF-8 becomes its characters, every other byte the lone surrogate
 * U+DC00 + byte (as Python's surrogateescape), so that text stays text and binary data survives being one.
 */
const ESCAPE = 0xdc00;

/** Bytes as text, piece by piece: a character that is cut by the end of a piece waits for the next. */
export class ByteDecoder {
  #held: number[] = [];

  decode(bytes: Uint8Array): string {
    const all = this.#held.length === 0 ? bytes : Uint8Array.from([...this.#held, ...bytes]);
    const whole = all.length - cutTail(all);
    this.#held = [...all.subarray(whole)];
    return textOf(all, whole);
  }

  /** What is left when no more comes. */
  end(): string {
    const rest = Uint8Array.from(this.#held);
    this.#held = [];
    return textOf(rest, rest.length);
  }
}

export function bytesToText(bytes: Uint8Array): string {
  return textOf(bytes, bytes.length);
}

export function textToBytes(text: string): Uint8Array {
  if (!HAS_ESCAPE.test(text)) return encoder.encode(text);
  const parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array): void => {
    parts.push(part);
    length += part.length;
  };
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) {
      i++;
    } else if (unit >= ESCAPE + 0x80 && unit <= ESCAPE + 0xff) {
      if (i > start) add(encoder.encode(text.slice(start, i)));
      add(Uint8Array.of(unit - ESCAPE));
      start = i + 1;
    }
  }
  if (start < text.length) add(encoder.encode(text.slice(start)));
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const HAS_ESCAPE = /[\udc80-\udcff]/;
const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

function textOf(bytes: Uint8Array, end: number): string {
  const whole = bytes.subarray(0, end);
  try {
    return strict.decode(whole);
  } catch {
    return escaped(whole);
  }
}

function escaped(bytes: Uint8Array): string {
  let text = '';
  let at = 0;
  let start = 0;
  const flush = (): void => {
    if (at > start) text += strict.decode(bytes.subarray(start, at));
  };
  while (at < bytes.length) {
    const length = characterLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    flush();
    text += String.fromCharCode(ESCAPE + (bytes[at] ?? 0));
    at++;
    start = at;
  }
  flush();
  return text;
}

/** How many bytes the well-formed character at `at` has; 0: there is none. */
function characterLength(bytes: Uint8Array, at: number): number {
  const length = announced(bytes[at] ?? 0);
  if (length <= 1) return length;
  if (at + length > bytes.length || !isSecond(bytes[at] ?? 0, bytes[at + 1] ?? 0)) return 0;
  for (let i = 2; i < length; i++) if (!isContinuation(bytes[at + i] ?? 0)) return 0;
  return length;
}

/** How many bytes a character with this first byte has; 0: no character begins so. */
function announced(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** Rules out overlong forms, surrogates and what is past U+10FFFF. */
function isSecond(first: number, second: number): boolean {
  if (!isContinuation(second)) return false;
  if (first === 0xe0) return second >= 0xa0;
  if (first === 0xed) return second < 0xa0;
  if (first === 0xf0) return second >= 0x90;
  return first === 0xf4 ? second < 0x90 : true;
}

/** How many bytes at the end may be the beginning of a character. */
function cutTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    return announced(byte) > back ? back : 0;
  }
  return 0;
}
