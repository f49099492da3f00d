// `npm run sim -- --seed N [--minutes M] [--seeds COUNT]`: runs seeds in this thread and ends each with one JSON line.
import { parseFlags } from '../lib/flags.ts';
import { planOf, runPlan, shortfall } from './random-run.ts';

const flags = parseFlags(joinValues(process.argv.slice(2)));
const first = flags.int('seed', 1);
const count = flags.int('seeds', 1);
const minutes = flags.int('minutes', 10);
let failed = 0;

for (let seed = first; seed < first + count; seed++) {
  const report = await runPlan(planOf(seed, minutes));
  const problems = report.violations.map(({ invariant, at, text }) => `${invariant} at ${at / 1_000_000} s: ${text}`);
  const few = shortfall(report, minutes);
  if (few !== undefined) problems.push(`too little happened: ${few}`);
  for (const problem of problems) console.error(problem);
  console.log(JSON.stringify({ ...report, violations: problems.length }));
  if (problems.length > 0) {
    failed++;
    console.error(`replay: npm run sim -- --seed ${seed} --minutes ${minutes}`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;

/** `--seed 7` reads as `--seed=7`. */
function joinValues(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const next = words[i + 1];
    if (word.startsWith('--') && !word.includes('=') && next !== undefined && !next.startsWith('--')) {
      joined.push(`${word}=${next}`);
      i++;
    } else {
      joined.push(word);
    }
  }
  return joined;
}
