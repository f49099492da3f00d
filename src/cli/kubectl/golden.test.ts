import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Cluster } from '../../cluster/cluster.ts';
import { programs } from '../../cluster/programs.ts';
import { SECOND } from '../../sim/env.ts';
import { createInThread } from '../../sim/placement/in-thread.ts';
import type { GoldenCommand, GoldenResult } from './golden-runner.testing.ts';
import { goldenRunner } from './golden-runner.testing.ts';
import type { Category, Scored } from './golden-score.testing.ts';
import { CATEGORIES, missingKind, parseSteps, score } from './golden-score.testing.ts';

/** Transcripts of a real cluster; a checkout without them has nothing to compare with. */
const FOLDER = new URL('../../../../shared/reference/golden', import.meta.url).pathname;
/** Share of commands answered exactly as recorded, story by story: none may get worse. Over all commands, kinds not built included. */
const COMMITTED: Readonly<Record<string, Partial<Record<Category, number>>>> = {
  '01-discovery': { get: 0.35, describe: 0, errors: 0.73, rest: 0.11 },
  '02-pods': { get: 0.83, describe: 0.75, errors: 0.97, rest: 0.97 },
  '05-errors': { get: 0, describe: 0, errors: 0.76, rest: 0.41 },
  '06-nodes': { get: 0.58, describe: 0.25, errors: 0.9, rest: 0.83 },
  '08-generators': { describe: 0, errors: 0.66, rest: 0.47 },
};
const STORIES = process.env['GOLDEN_STORIES']?.split(',') ?? Object.keys(COMMITTED);

/** Stories that the kinds served are made for: of their commands together, at least half of each category is answered exactly. */
const CORE = ['02-pods', '06-nodes'];
const CORE_LEAST = 0.5;
const scores = new Map<string, readonly Scored[]>();

class Replay {
  readonly cluster: Cluster;
  private output = '';

  constructor() {
    this.cluster = new Cluster({
      topology: {
        controlPlanes: 1,
        workers: 3,
        workerPrefix: 'hollow-node-',
        firstWorker: 0,
        controlPlaneNodes: false,
      },
      placement: createInThread({ ...programs, terminal: goldenRunner }),
      onTrace: (events) => {
        for (const event of events)
          if (event.kind === 'output' && event.process === 'laptop/terminal') this.output += event.text;
      },
    });
  }

  async run(command: GoldenCommand): Promise<GoldenResult> {
    this.output = '';
    this.cluster.input({ kind: 'text', process: 'laptop/terminal', text: JSON.stringify(command) });
    const done = await this.cluster.runUntil(() => this.output !== '', 180 * SECOND);
    return done ? (JSON.parse(this.output) as GoldenResult) : { stdout: '', stderr: 'no answer\n', exit: -1 };
  }

  /** `sleep 1; kubectl config …`: what happened between the recorded commands. */
  async setup(line: string): Promise<void> {
    for (const part of line.split(';').map((each) => each.trim())) {
      const sleep = /^sleep (\d+)$/.exec(part);
      if (sleep !== null) await this.cluster.runFor(Number(sleep[1]) * SECOND);
      else if (part.startsWith('kubectl ')) await this.run({ argv: part.split(' ').slice(1) });
    }
  }
}

function report(name: string, scored: readonly Scored[]): void {
  const path = process.env['GOLDEN_REPORT'];
  if (path === undefined) return;
  const misses = scored
    .filter((each) => !each.exact)
    .map(
      (each) =>
        `$ ${each.command} (${each.category}, ${each.lines})\n--- expected\n${each.expected}\n--- actual\n${each.actual}\n`,
    );
  writeFileSync(`${path}-${name}.txt`, misses.join('\n'));
}

const share = (part: number, whole: number): string => (whole === 0 ? '-' : `${Math.round((part / whole) * 100)} %`);

/** One line for each category, and the kinds that cost the most. */
function summary(name: string, scored: readonly Scored[]): string {
  const built = scored.filter((each) => missingKind(each) === undefined);
  const lines = CATEGORIES.map((category) => {
    const [all, own] = [scored, built].map((list) => list.filter((each) => each.category === category));
    const exact = (list: readonly Scored[] = []): number => list.filter((each) => each.exact).length;
    return `${name} ${category}: ${share(exact(all), all?.length ?? 0)} of ${all?.length ?? 0}, on the kinds built ${share(exact(own), own?.length ?? 0)}`;
  });
  const kinds = new Map<string, number>();
  for (const each of scored) {
    const kind = missingKind(each);
    if (kind !== undefined) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const missed = [...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ');
  return [...lines, ...(missed === '' ? [] : [`${name} kinds not built: ${missed}`])].join('\n');
}

it.each(STORIES)('answers as the recorded cluster did: %s', async (name) => {
  const file = `${FOLDER}/${name}.jsonl`;
  if (!existsSync(file)) return;
  const replay = new Replay();
  expect(await replay.cluster.boot()).toBe(true);
  const scored: Scored[] = [];
  for (const step of parseSteps(readFileSync(file, 'utf8'))) {
    if ('setup' in step) await replay.setup(step.setup);
    else {
      const { stdin } = step;
      const answer = await replay.run({ argv: step.argv.slice(1), ...(stdin === undefined ? {} : { stdin }) });
      scored.push(score(step, answer));
    }
  }
  scores.set(name, scored);
  report(name, scored);
  console.log(summary(name, scored));
  for (const category of CATEGORIES) {
    const own = scored.filter((each) => each.category === category);
    const exact = own.filter((each) => each.exact).length;
    if (own.length > 0) expect(exact / own.length, category).toBeGreaterThanOrEqual(COMMITTED[name]?.[category] ?? 0);
  }
});

it('answers at least half of each category exactly, pods and nodes together', () => {
  const scored = CORE.flatMap((name) => scores.get(name) ?? []);
  if (scored.length === 0) return;
  console.log(summary(CORE.join(' + '), scored));
  for (const category of CATEGORIES) {
    const own = scored.filter((each) => each.category === category);
    expect(own.filter((each) => each.exact).length / own.length, category).toBeGreaterThanOrEqual(CORE_LEAST);
  }
});
