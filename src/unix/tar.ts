// Uncompressed archives in the ustar format (POSIX.1-1988), as text whose UTF-8 form is the archive.
import { utf8Bytes } from '../lib/fnv.ts';

export interface TarEntry {
  /** Relative; a directory's ends with a slash. */
  readonly name: string;
  readonly text: string;
}

const BLOCK = 512;

export function packTar(entries: readonly TarEntry[]): string {
  const parts = entries.map(({ name, text }) => {
    const size = utf8Bytes(text).length;
    return header(name, size) + text + '\0'.repeat((BLOCK - (size % BLOCK)) % BLOCK);
  });
  return `${parts.join('')}${'\0'.repeat(2 * BLOCK)}`;
}

function header(name: string, size: number): string {
  const directory = name.endsWith('/');
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  const [prefix, base] = split(name);
  const fields = (sum: string): string =>
    padded(base, 100) +
    octal(directory ? 0o755 : 0o644, 8) +
    octal(0, 8) +
    octal(0, 8) +
    octal(size, 12) +
    octal(0, 12) +
    sum +
    (directory ? '5' : '0') +
    padded('', 100) +
    'ustar\0' +
    '00' +
    padded('root', 32) +
    padded('root', 32) +
    octal(0, 8) +
    octal(0, 8) +
    padded(prefix, 155) +
    '\0'.repeat(12);
  const sum = utf8Bytes(fields(' '.repeat(8))).reduce((total, byte) => total + byte, 0);
  return fields(`${sum.toString(8).padStart(6, '0')}\0 `);
}

/** Long names go into two fields, cut at a slash. */
function split(name: string): readonly [string, string] {
  if (utf8Bytes(name).length <= 100) return ['', name];
  const cut = name.indexOf('/', Math.max(0, name.length - 101));
  return cut < 0 ? ['', name] : [name.slice(0, cut), name.slice(cut + 1)];
}

function padded(text: string, width: number): string {
  return text + '\0'.repeat(Math.max(0, width - utf8Bytes(text).length));
}

/** Undefined: this is no archive. */
export function unpackTar(text: string): TarEntry[] | undefined {
  const bytes = Uint8Array.from(utf8Bytes(text));
  const decoder = new TextDecoder();
  const field = (at: number, length: number): string =>
    decoder.decode(bytes.subarray(at, at + length)).replace(/\0.*$/s, '');
  const entries: TarEntry[] = [];
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    if (field(at + 257, 5) !== 'ustar') return undefined;
    const size = parseInt(field(at + 124, 12), 8);
    const prefix = field(at + 345, 155);
    const name = `${prefix === '' ? '' : `${prefix}/`}${field(at, 100)}`;
    const start = at + BLOCK;
    const directory = field(at + 156, 1) === '5' && !name.endsWith('/');
    entries.push({ name: directory ? `${name}/` : name, text: decoder.decode(bytes.subarray(start, start + size)) });
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return bytes.length < BLOCK ? undefined : entries;
}
