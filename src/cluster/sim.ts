// `npm run sim -- --seed N [--minutes M] [--seeds COUNT] [--faults any|leaders|clocks]`: runs seeds in this thread and ends each with one JSON line.
// `--shrink RUNS`: a failing seed is had again with fewer and fewer inputs; what is left is printed. `--keep 3,17`: only those inputs.
// `npm run sim -- --etcd --seed N [--seconds S]`: etcd alone, in trouble all the time.
// `npm run sim -- --recording FILE [--placement in-thread|pool]`: has a saved run again; exit 1 when it comes out differently.
import { readFileSync } from 'node:fs';
import { parseFlags } from '../lib/flags.ts';
import { createInThread } from '../sim/placement/in-thread.ts';
import type { Placement } from '../sim/placement/placement.ts';
import { programs } from './programs.ts';
import { faultStyleOf, joinValues, replayCommand } from './fuzz/command-line.ts';
import { etcdPlanOf, runEtcdPlan } from './fuzz/etcd-run.ts';
import { judge, shrunk } from './fuzz/judge.ts';
import { withInputs } from './fuzz/shrink.ts';
import { planOf, runPlan } from './random-run.ts';
import { parseRecording } from './recording.ts';
import { replayRecording } from './replay.ts';
import { createThreadPool, serveThread } from './threads.ts';

const THREADS = 2;
const flags = parseFlags(joinValues(process.argv.slice(2)));
if (!serveThread()) {
  const file = flags.get('recording') ?? '';
  process.exitCode = (await (file !== '' ? replayFile(file) : flags.bool('etcd', false) ? runEtcd() : runSeeds()))
    ? 0
    : 1;
}

async function runSeeds(): Promise<boolean> {
  const first = flags.int('seed', 1);
  const count = flags.int('seeds', 1);
  const minutes = flags.int('minutes', 10);
  const runs = flags.int('shrink', 0);
  const keep = flags.get('keep') ?? '';
  let failed = 0;

  for (let seed = first; seed < first + count; seed++) {
    const whole = planOf(seed, minutes, faultStyleOf(flags));
    const report = await runPlan(keep === '' ? whole : withInputs(whole, keep.split(',').map(Number)));
    const problems = judge(report, keep === '' ? minutes : undefined);
    for (const problem of problems) console.error(problem);
    console.log(JSON.stringify({ ...report, violations: problems.length }));
    if (problems.length > 0) {
      failed++;
      console.error(replayCommand(whole, minutes, keep));
      const [violation] = report.violations;
      if (runs > 0 && violation !== undefined)
        console.error((await shrunk(whole, minutes, violation.invariant, runs)).join('\n'));
    }
  }
  return failed === 0;
}

async function runEtcd(): Promise<boolean> {
  const report = await runEtcdPlan(etcdPlanOf(flags.int('seed', 1), flags.int('seconds', 20)));
  for (const { invariant, at, text } of report.violations)
    console.error(`${invariant} at ${at / 1_000_000} s: ${text}`);
  console.log(JSON.stringify({ ...report, violations: report.violations.length }));
  return report.violations.length === 0;
}

async function replayFile(file: string): Promise<boolean> {
  try {
    const recording = parseRecording(readFileSync(file, 'utf8'));
    const report = await replayRecording(recording, placementOf(flags.get('placement') ?? 'in-thread'));
    console.log(JSON.stringify(report));
    if (!report.same) console.error(`the recording says ${recording.hash}: it is of another version, or was changed`);
    return report.same;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return false;
  }
}

function placementOf(name: string): Placement {
  switch (name) {
    case 'in-thread':
      return createInThread(programs);
    case 'pool':
      return createThreadPool(new URL(import.meta.url), THREADS);
    default:
      throw new Error(`--placement must be in-thread or pool: got ${name}`);
  }
}
