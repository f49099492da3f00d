// Models go-difflib, itself Python's difflib: which of several equal diffs is shown depends on its algorithm.
import { must } from '../../lib/assert.ts';

interface Match {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

interface Opcode {
  readonly tag: 'equal' | 'replace' | 'delete' | 'insert';
  readonly a1: number;
  readonly a2: number;
  readonly b1: number;
  readonly b2: number;
}

const CONTEXT = 3;
/** Lines this frequent do not start a match in a long text. */
const POPULAR_FROM = 200;

/** Hunks without a file header. */
export function unifiedDiff(before: string, after: string): string {
  const a = before.split('\n').map((line) => `${line}\n`);
  const b = after.split('\n').map((line) => `${line}\n`);
  const groups = groupOpcodes(opcodesOf(matchingBlocks(a, b), a.length, b.length));
  return groups.map((group) => formatGroup(group, a, b)).join('');
}

function formatGroup(group: readonly Opcode[], a: readonly string[], b: readonly string[]): string {
  const first = must(group[0]);
  const last = must(group.at(-1));
  let out = `@@ -${range(first.a1, last.a2)} +${range(first.b1, last.b2)} @@\n`;
  for (const { tag, a1, a2, b1, b2 } of group) {
    if (tag === 'equal')
      out += a
        .slice(a1, a2)
        .map((line) => ` ${line}`)
        .join('');
    if (tag === 'replace' || tag === 'delete')
      out += a
        .slice(a1, a2)
        .map((line) => `-${line}`)
        .join('');
    if (tag === 'replace' || tag === 'insert')
      out += b
        .slice(b1, b2)
        .map((line) => `+${line}`)
        .join('');
  }
  return out;
}

function range(start: number, stop: number): string {
  const length = stop - start;
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
}

function indexLines(b: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  b.forEach((line, j) => {
    const list = places.get(line);
    if (list === undefined) places.set(line, [j]);
    else list.push(j);
  });
  if (b.length >= POPULAR_FROM) {
    const limit = Math.floor(b.length / 100) + 1;
    for (const [line, list] of places) if (list.length > limit) places.delete(line);
  }
  return places;
}

function matchingBlocks(a: readonly string[], b: readonly string[]): Match[] {
  const places = indexLines(b);
  const blocks: Match[] = [];
  const search = (a1: number, a2: number, b1: number, b2: number): void => {
    const match = longestMatch(a, b, places, a1, a2, b1, b2);
    if (match.size === 0) return;
    if (a1 < match.a && b1 < match.b) search(a1, match.a, b1, match.b);
    blocks.push(match);
    if (match.a + match.size < a2 && match.b + match.size < b2)
      search(match.a + match.size, a2, match.b + match.size, b2);
  };
  search(0, a.length, 0, b.length);
  return [...mergeAdjacent(blocks), { a: a.length, b: b.length, size: 0 }];
}

function mergeAdjacent(blocks: readonly Match[]): Match[] {
  const merged: Match[] = [];
  for (const block of blocks) {
    const last = merged.at(-1);
    if (last !== undefined && last.a + last.size === block.a && last.b + last.size === block.b) {
      merged[merged.length - 1] = { a: last.a, b: last.b, size: last.size + block.size };
    } else merged.push(block);
  }
  return merged;
}

function longestMatch(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  a1: number,
  a2: number,
  b1: number,
  b2: number,
): Match {
  let best: Match = { a: a1, b: b1, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = a1; i < a2; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(must(a[i])) ?? []) {
      if (j < b1) continue;
      if (j >= b2) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  let { a: i, b: j, size } = best;
  while (i > a1 && j > b1 && a[i - 1] === b[j - 1]) {
    i--;
    j--;
    size++;
  }
  while (i + size < a2 && j + size < b2 && a[i + size] === b[j + size]) size++;
  return { a: i, b: j, size };
}

function opcodesOf(blocks: readonly Match[], aLength: number, bLength: number): Opcode[] {
  const codes: Opcode[] = [];
  let i = 0;
  let j = 0;
  for (const { a, b, size } of blocks) {
    const deletes = i < a;
    const inserts = j < b;
    if (deletes || inserts) {
      codes.push({ tag: deletes && inserts ? 'replace' : deletes ? 'delete' : 'insert', a1: i, a2: a, b1: j, b2: b });
    }
    i = a + size;
    j = b + size;
    if (size > 0) codes.push({ tag: 'equal', a1: a, a2: i, b1: b, b2: j });
  }
  return codes.filter((code) => code.a1 <= aLength && code.b1 <= bLength);
}

/** Splits at long stretches that are equal and trims the stretches to the context. */
function groupOpcodes(codes: readonly Opcode[]): Opcode[][] {
  const groups: Opcode[][] = [];
  let group: Opcode[] = [];
  codes.forEach((code, index) => {
    if (code.tag !== 'equal') {
      group.push(code);
      return;
    }
    const isFirst = index === 0;
    const isLast = index === codes.length - 1;
    const length = code.a2 - code.a1;
    const head = isFirst ? 0 : Math.min(CONTEXT, length);
    const tail = isLast ? 0 : Math.min(CONTEXT, length);
    if (!isFirst && !isLast && length <= 2 * CONTEXT) {
      group.push(code);
      return;
    }
    if (head > 0) group.push({ ...code, a2: code.a1 + head, b2: code.b1 + head });
    if (group.some((member) => member.tag !== 'equal')) groups.push(group);
    group = tail > 0 ? [{ ...code, a1: code.a2 - tail, b1: code.b2 - tail }] : [];
  });
  if (group.some((member) => member.tag !== 'equal')) groups.push(group);
  return groups;
}
