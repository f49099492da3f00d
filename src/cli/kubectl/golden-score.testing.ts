import type { Answer } from '../../api/golden-scores.testing.ts';
import type { ServedKinds } from '../../api/golden-kinds.testing.ts';
import { normalise } from './golden-normal.testing.ts';
import type { GoldenResult } from './golden-runner.testing.ts';

/** Stories of a real cluster, told in kubectl's command lines. */
export const STORIES = ['01-discovery', '02-pods', '05-errors', '06-nodes', '08-generators'] as const;

export type RecordedCommand = { readonly argv: readonly string[]; readonly stdin?: string } & GoldenResult;
/** One step of a recorded story; `setup` is what happened between the commands. */
export type GoldenStep = { readonly setup: string } | RecordedCommand;

export function parseSteps(text: string): GoldenStep[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const { stdin, ...step } = JSON.parse(line) as Omit<RecordedCommand, 'stdin'> & { stdin?: string | null };
      return typeof stdin === 'string' ? { ...step, stdin } : step;
    });
}

/** `sleep 1; kubectl config …`: the steps of a set-up line. */
export function setupParts(line: string): readonly ({ readonly seconds: number } | { readonly argv: string[] })[] {
  const parts = line.split(';').map((each) => each.trim());
  return parts
    .filter((part) => /^(sleep \d+$|kubectl )/.test(part))
    .map((part) => (part.startsWith('sleep') ? { seconds: Number(part.slice(6)) } : { argv: part.split(' ') }));
}

export interface Scored extends Answer {
  readonly command: string;
  readonly expected: string;
  readonly actual: string;
}

const whole = ({ stdout, stderr, exit }: GoldenResult): string =>
  normalise(`${stdout}\n--stderr--\n${stderr}\n--exit ${exit}--`);

export function score(step: RecordedCommand, actual: GoldenResult, kinds: ServedKinds): Scored {
  const { argv, stdin } = step;
  const compare = (project: (text: string) => string): [string, string] => {
    const of = (result: GoldenResult): string =>
      inAnyOrder(argv, whole({ ...result, stdout: project(result.stdout), stderr: project(result.stderr) }));
    return [of(step), of(actual)];
  };
  const [allExpected, allActual] = compare((text) => factsOfHelp(argv, text));
  const [expected, got] = compare((text) => kinds.ofServed(argv, factsOfHelp(argv, text)));
  return {
    command: argv.join(' '),
    exact: allExpected === allActual,
    exactOnBuilt: expected === got,
    missing: kinds.missingIn(argv, stdin),
    expected,
    actual: got,
  };
}

/** A drain ends pods side by side. */
function inAnyOrder(argv: readonly string[], text: string): string {
  return argv[1] === 'drain' ? text.split('\n').sort().join('\n') : text;
}

const HELP = /^(help|options)$/;

/** The facts of a help text: usage, commands, flags and their defaults. Its prose is everybody's own. */
function factsOfHelp(argv: readonly string[], text: string): string {
  const asked = argv.includes('--help') || HELP.test(argv[1] ?? '') || /^Usage:$/m.test(text);
  if (!asked) return text;
  let section = '';
  const facts = text.split('\n').flatMap((line) => {
    const title = /^(\w[^:]*):$/.exec(line)?.[1];
    if (title !== undefined) section = title;
    if (title !== undefined && section !== 'Examples') return [line];
    if (/^ {4}(?:-\w, )?--[\w-]+=.*:$/.test(line)) return [line];
    if (section === 'Usage' || /^Use "kubectl .*(?:<command>|options)/.test(line)) return [line];
    const command = /^ {2}([a-z][\w-]*) {2,}\S/.exec(line)?.[1];
    return /Commands/.test(section) && command !== undefined ? [command] : [];
  });
  return facts.filter((line) => line !== '').join('\n');
}

/** The answers that differ, beside the recorded ones. */
export function missesOf(scored: readonly Scored[]): readonly string[] {
  return scored
    .filter((each) => !each.exactOnBuilt)
    .map(
      ({ command, missing, expected, actual }) =>
        `$ ${command}${missing === undefined ? '' : ` [no ${missing}]`}\n--- expected\n${expected}\n--- actual\n${actual}`,
    );
}
