/** The difference of two texts in `diff -u`'s form; '' when they are equal. */
export function unifiedDiff(fromName: string, toName: string, from: string, to: string): string {
  const [a, b] = [linesOf(from), linesOf(to)];
  const edits = editsOf(a, b);
  const hunks = hunksOf(edits);
  if (hunks.length === 0) return '';
  return `--- ${fromName}\n+++ ${toName}\n${hunks.map(hunkText).join('')}`;
}

interface Edit {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
  readonly from: number;
  readonly to: number;
}

const CONTEXT = 3;

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Longest common subsequence: manifests are short. */
function editsOf(a: readonly string[], b: readonly string[]): Edit[] {
  const length: number[][] = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = length[i];
      if (row !== undefined)
        row[j] = a[i] === b[j] ? (length[i + 1]?.[j + 1] ?? 0) + 1 : Math.max(length[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) edits.push({ sign: ' ', line: a[i] ?? '', from: i++, to: j++ });
    else if (i < a.length && (j >= b.length || (length[i + 1]?.[j] ?? 0) >= (length[i]?.[j + 1] ?? 0)))
      edits.push({ sign: '-', line: a[i] ?? '', from: i++, to: j });
    else edits.push({ sign: '+', line: b[j] ?? '', from: i, to: j++ });
  }
  return edits;
}

function hunksOf(edits: readonly Edit[]): Edit[][] {
  const hunks: Edit[][] = [];
  let end = -1;
  edits.forEach((edit, index) => {
    if (edit.sign === ' ') return;
    const start = Math.max(index - CONTEXT, 0);
    if (hunks.length === 0 || start > end) hunks.push(edits.slice(start, index + 1));
    else hunks.at(-1)?.push(...edits.slice(end, index + 1));
    const stop = Math.min(index + CONTEXT + 1, edits.length);
    let next = index + 1;
    while (next < stop && edits[next]?.sign === ' ') next++;
    hunks.at(-1)?.push(...edits.slice(index + 1, next));
    end = next;
  });
  return hunks;
}

function hunkText(hunk: readonly Edit[]): string {
  const count = (other: string): number => hunk.filter((edit) => edit.sign !== other).length;
  const [removed, added] = [count('+'), count('-')];
  const range = (start: number, length: number): string =>
    `${length === 0 ? start : start + 1}${length === 1 ? '' : `,${length}`}`;
  return `@@ -${range(hunk[0]?.from ?? 0, removed)} +${range(hunk[0]?.to ?? 0, added)} @@\n${hunk.map((edit) => `${edit.sign}${edit.line}\n`).join('')}`;
}
