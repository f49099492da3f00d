import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** A document as it is sent. */
export interface Written {
  readonly text: string;
  /** Tells this text from any other: SHA-512, as upstream writes it. */
  readonly hash: string;
}

export function write(value: unknown): Written {
  const text = JSON.stringify(value);
  return { text, hash: bytesToHex(sha512(utf8ToBytes(text))).toUpperCase() };
}
