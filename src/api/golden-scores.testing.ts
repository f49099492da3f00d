// How well recordings of a real cluster are answered: counted in one way for all of them, and never less than committed.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** The recordings; a checkout without them has nothing to compare with. */
export const GOLDEN = new URL('../../../shared/reference/golden/', import.meta.url);

const FILE = new URL('golden-scores.json', import.meta.url);

const DEFAULT_GOAL = 0.8;

export interface Answer {
  /** All of it is as recorded. */
  readonly exact: boolean;
  /** What it says of the kinds that are built is as recorded. */
  readonly exactOnBuilt: boolean;
  /** A kind that it needs and that is not built. */
  readonly missing?: string | undefined;
}

/**
 * At least so many recorded answers are given, and at least the share that is the goal of those that need only kinds that
 * are built: that one has no other bound, because a kind that is new brings answers along that are not right yet.
 */
interface Committed {
  readonly exact: number;
  readonly goal: number;
}

type Scores = Record<string, Record<string, Committed>>;

const readScores = (): Scores => JSON.parse(readFileSync(FILE, 'utf8')) as Scores;

/**
 * Prints one line for a recording and who was asked, and the kinds that cost the most; fails below what is committed.
 * UPDATE=1 commits what is reached.
 */
export function judge(recording: string, who: string, answers: readonly Answer[]): void {
  const exact = answers.filter((each) => each.exact).length;
  const built = answers.filter(({ missing }) => missing === undefined);
  const right = built.filter((each) => each.exactOnBuilt).length;
  const share = right / built.length;
  console.log(
    `golden ${recording}, ${who}: ${exact} of ${answers.length} (${percent(exact, answers.length)}); on the kinds built ${right} of ${built.length} (${percent(right, built.length)})${missingKinds(answers)}`,
  );
  const scores = readScores();
  if (process.env['UPDATE'] !== undefined) {
    const goal = scores[recording]?.[who]?.goal ?? DEFAULT_GOAL;
    scores[recording] = { ...scores[recording], [who]: { exact, goal } };
    const sorted = Object.entries(scores).sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
    return;
  }
  const least = scores[recording]?.[who];
  expect(least, `no score of ${recording}, ${who} in golden-scores.json`).toBeDefined();
  expect(exact, `answers of ${recording}, ${who}`).toBeGreaterThanOrEqual(least?.exact ?? 0);
  expect(share, `share of ${recording}, ${who}, on the kinds built`).toBeGreaterThanOrEqual(least?.goal ?? 0);
}

const percent = (part: number, whole: number): string => (whole === 0 ? '-' : `${((part / whole) * 100).toFixed(1)} %`);

function missingKinds(answers: readonly Answer[]): string {
  const kinds = new Map<string, number>();
  for (const { missing } of answers) if (missing !== undefined) kinds.set(missing, (kinds.get(missing) ?? 0) + 1);
  if (kinds.size === 0) return '';
  const list = [...kinds].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${kind} ${count}`);
  return `\n  not built: ${list.join(', ')}`;
}

/** GOLDEN_REPORT=path writes what was not answered as recorded. */
export function report(name: string, misses: readonly string[]): void {
  const path = process.env['GOLDEN_REPORT'];
  if (path !== undefined) writeFileSync(`${path}-${name}.txt`, misses.map((each) => `${each}\n`).join('\n'));
}
