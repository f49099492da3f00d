import { runPlan, shortfall, type RandomPlan, type RunReport } from '../random-run.ts';
import { replayCommand } from './command-line.ts';
import { scenarioLines, shrink, withInputs } from './shrink.ts';

/** What is wrong with a run, a line each. With `minutes`, a run in which too little happened for that time proves nothing. */
export function judge(report: RunReport, minutes: number | undefined): string[] {
  const problems = report.violations.map(({ invariant, at, text }) => `${invariant} at ${at / 1_000_000} s: ${text}`);
  if (problems.length > 0) return problems;
  const few = minutes === undefined ? undefined : shortfall(report, minutes);
  return few === undefined ? [] : [`too little happened: ${few}`];
}

/** The fewest inputs that still break the invariant, as a scenario and as the command that replays it. */
export async function shrunk(plan: RandomPlan, minutes: number, invariant: string, runs: number): Promise<string[]> {
  const fails = async (kept: readonly number[]): Promise<boolean> => {
    const { violations } = await runPlan(withInputs(plan, kept));
    return violations.some((violation) => violation.invariant === invariant);
  };
  const kept = await shrink(plan.inputs.length, fails, runs);
  return [...scenarioLines(withInputs(plan, kept)), replayCommand(plan, minutes, kept.join(','))];
}
