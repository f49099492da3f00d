import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { isObject } from '../lib/json.ts';

/**
 * A snapshot as `etcdctl snapshot save` writes it: a line about it, then the backend, then its SHA-256, by which damage is seen.
 * etcd makes it, etcdutl reads it; nobody else looks inside.
 */
export interface SnapshotTotals {
  readonly revision: number;
  /** Revisions of keys, as rows of the backend. */
  readonly totalKeys: number;
  readonly totalSize: number;
  /** Over the rows. */
  readonly hash: number;
  readonly version: string;
}

export interface Snapshot {
  readonly totals: SnapshotTotals;
  readonly image: string;
  /** As the file says, and as it is. */
  readonly expected: string;
  readonly actual: string;
}

const SUM = /\nsha256:([0-9a-f]{64})\n$/;

export function snapshotFile(image: string, totals: SnapshotTotals): string {
  const content = `${JSON.stringify(totals)}\n${image}`;
  return `${content}\nsha256:${sumOf(content)}\n`;
}

/** undefined: it ends before its hash, or is something else. */
export function readSnapshotFile(text: string): Snapshot | undefined {
  const expected = SUM.exec(text)?.[1];
  if (expected === undefined) return undefined;
  const content = text.slice(0, -expected.length - '\nsha256:\n'.length);
  const line = content.indexOf('\n');
  const totals = parseTotals(content.slice(0, line));
  const none = { revision: 0, totalKeys: 0, totalSize: 0, hash: 0, version: '' };
  return { totals: totals ?? none, image: content.slice(line + 1), expected, actual: sumOf(content) };
}

function parseTotals(line: string): SnapshotTotals | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) && typeof value['revision'] === 'number' ? (value as unknown as SnapshotTotals) : undefined;
  } catch {
    return undefined;
  }
}

function sumOf(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
