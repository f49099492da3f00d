// `npm run fuzz [-- --seeds 50] [--seed 1] [--minutes 10] [--jobs N] [--shrink 60] [--etcd 4] [--faults any|leaders|clocks]`: random runs on every core.
// Each seed is a run of a whole cluster, and `--etcd` runs of etcd alone. Progress goes to stderr, the summary (JSON) to stdout;
// a failure is shrunk and printed with the command that replays it, and the exit code is 1.
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { parseFlags } from '../lib/flags.ts';
import { faultStyleOf, joinValues, replayCommand } from './fuzz/command-line.ts';
import { etcdPlanOf, runEtcdPlan } from './fuzz/etcd-run.ts';
import { judge, shrunk } from './fuzz/judge.ts';
import type { FaultStyle } from './fuzz/plan.ts';
import { planOf, runPlan } from './random-run.ts';

interface Settings {
  readonly minutes: number;
  readonly shrink: number;
  readonly etcd: number;
  readonly faults: FaultStyle;
}

/** What one seed came to, as its thread tells. */
interface Outcome {
  readonly seed: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly topology: string;
  readonly seconds: number;
  readonly problems: readonly string[];
}

/** How long the runs of etcd alone have faults. */
const ETCD_SECONDS = 20;
/** Most of what a run makes is soon forgotten: with room for it, it is collected less often. */
const ROOMY = { maxYoungGenerationSizeMb: 192 };
const COUNTED = ['acknowledgedWrites', 'elections', 'faults', 'podsStarted', 'operations', 'visits', 'events'] as const;

async function runSeed(seed: number, { minutes, shrink, etcd, faults }: Settings): Promise<Outcome> {
  const started = performance.now();
  const plan = planOf(seed, minutes, faults);
  const report = await runPlan(plan);
  const problems = judge(report, minutes);
  if (problems.length > 0) problems.push(replayCommand(plan, minutes));
  const [violation] = report.violations;
  if (shrink > 0 && violation !== undefined)
    problems.push(...(await shrunk(plan, minutes, violation.invariant, shrink)));
  let elections = 0;
  for (let run = 0; run < etcd; run++) {
    const number = (seed - 1) * etcd + run + 1;
    const alone = await runEtcdPlan(etcdPlanOf(number, ETCD_SECONDS));
    elections += alone.elections;
    for (const { invariant, at, text } of alone.violations)
      problems.push(`${invariant} at ${at / 1_000_000} s: ${text}`, `replay: npm run sim -- --etcd --seed ${number}`);
  }
  const counts = Object.fromEntries(COUNTED.map((name) => [name, report[name]]));
  return {
    seed,
    counts: { ...counts, electionsOfEtcdAlone: elections },
    topology: report.topology,
    seconds: (performance.now() - started) / 1000,
    problems,
  };
}

/** A thread takes one seed after the other. */
function serve(settings: Settings): void {
  parentPort?.on('message', (seed: number) => {
    void runSeed(seed, settings).then((outcome) => parentPort?.postMessage(outcome));
  });
}

async function main(): Promise<boolean> {
  const flags = parseFlags(joinValues(process.argv.slice(2)));
  const first = flags.int('seed', 1);
  const count = flags.int('seeds', 50);
  const settings: Settings = {
    minutes: flags.int('minutes', 10),
    shrink: flags.int('shrink', 60),
    etcd: flags.int('etcd', 4),
    faults: faultStyleOf(flags),
  };
  const jobs = Math.min(count, flags.int('jobs', availableParallelism()));
  const outcomes: Outcome[] = [];
  let next = first;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const thread = new Worker(new URL(import.meta.url), { workerData: settings, resourceLimits: ROOMY });
      const give = (): void => {
        if (next < first + count) thread.postMessage(next++);
        else void thread.terminate().then(() => resolve());
      };
      thread.on('error', reject);
      thread.on('message', (outcome: Outcome) => {
        outcomes.push(outcome);
        tell(outcome, outcomes.length, count);
        give();
      });
      give();
    });
  await Promise.all(Array.from({ length: jobs }, work));
  return summarize(outcomes);
}

function tell({ seed, topology, seconds, counts, problems }: Outcome, done: number, count: number): void {
  const { acknowledgedWrites = 0, elections = 0, faults = 0, podsStarted = 0 } = counts;
  const verdict = problems.length === 0 ? 'clean' : 'FAILED';
  console.error(
    `${done}/${count} seed ${seed} (${topology}) ${verdict}: ${acknowledgedWrites} writes, ${elections} elections, ${faults} faults, ${podsStarted} pods, ${seconds.toFixed(1)} s`,
  );
  for (const problem of problems) console.error(`  ${problem}`);
}

function summarize(outcomes: readonly Outcome[]): boolean {
  const failed = outcomes.filter(({ problems }) => problems.length > 0).map(({ seed }) => seed);
  const names = Object.keys(outcomes[0]?.counts ?? {});
  const spread = (values: readonly number[]) => {
    const sorted = [...values].sort((a, b) => a - b);
    const total = sorted.reduce((sum, value) => sum + value, 0);
    return { least: sorted[0], median: sorted[Math.floor(sorted.length / 2)], most: sorted.at(-1), total };
  };
  const counts = Object.fromEntries(
    names.map((name) => [name, spread(outcomes.map((outcome) => outcome.counts[name] ?? 0))]),
  );
  const seconds = spread(outcomes.map((outcome) => Math.round(outcome.seconds * 10) / 10));
  failed.sort((a, b) => a - b);
  console.log(JSON.stringify({ seeds: outcomes.length, failed, ...counts, seconds }));
  return failed.length === 0;
}

if (isMainThread) process.exitCode = (await main()) ? 0 : 1;
else serve(workerData as Settings);
