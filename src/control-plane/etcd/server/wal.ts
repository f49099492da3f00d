// The lines of a write-ahead log: what it is, the sum of everything up to here, and the record. Models server/storage/wal (encoder, decoder)
import { crc32c } from '../../../lib/crc32c.ts';

/** What is on the disk is not what was written. */
export class WalError extends Error {
  override readonly name = 'WalError';
}

export interface WalRecord {
  /** One letter. */
  readonly kind: string;
  readonly text: string;
}

export interface DecodedWal {
  readonly records: readonly WalRecord[];
  /** The sum that the next record goes on from. */
  readonly sum: number;
  /** Up to here everything is whole; what is behind was cut off while it was written. */
  readonly valid: number;
}

const SUM_DIGITS = 8;

export function encodeRecord(
  { kind, text }: WalRecord,
  before: number,
): { readonly line: string; readonly sum: number } {
  const sum = crc32c(text, before);
  return { line: `${kind}${sum.toString(16).padStart(SUM_DIGITS, '0')}${text}\n`, sum };
}

/** Throws a WalError when a record that was written to its end is not what its sum says. */
export function decodeWal(path: string, text: string): DecodedWal {
  const records: WalRecord[] = [];
  let sum = 0;
  let valid = 0;
  for (;;) {
    const end = text.indexOf('\n', valid);
    if (end < 0) return { records, sum, valid };
    const record = { kind: text.charAt(valid), text: text.slice(valid + 1 + SUM_DIGITS, end) };
    const expected = encodeRecord(record, sum);
    if (expected.line !== text.slice(valid, end + 1)) {
      const file = path.slice(path.lastIndexOf('/') + 1);
      throw new WalError(`walpb: crc mismatch: in file '${file}' at position: ${valid}`);
    }
    records.push(record);
    sum = expected.sum;
    valid = end + 1;
  }
}
