import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Cluster } from '../../cluster/cluster.ts';
import { programs } from '../../cluster/programs.ts';
import { SECOND } from '../../sim/env.ts';
import { createInThread } from '../../sim/placement/in-thread.ts';
import type { GoldenCommand, GoldenResult } from './golden-runner.testing.ts';
import { goldenRunner } from './golden-runner.testing.ts';
import type { Scored } from './golden-score.testing.ts';
import { CATEGORIES, parseSteps, score } from './golden-score.testing.ts';

/** Transcripts of a real cluster; a checkout without them has nothing to compare with. */
const FOLDER = '/work/shared/reference/golden';
const STORIES = (process.env['GOLDEN_STORIES'] ?? '02-pods,06-nodes').split(',').map((name) => `${name}.jsonl`);
const present = STORIES.every((name) => existsSync(`${FOLDER}/${name}`));

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

it.skipIf(!present)('answers as the recorded cluster did', async () => {
  const replay = new Replay();
  expect(await replay.cluster.boot()).toBe(true);
  const scored: Scored[] = [];
  for (const name of STORIES) {
    for (const step of parseSteps(readFileSync(`${FOLDER}/${name}`, 'utf8'))) {
      if ('setup' in step) await replay.setup(step.setup);
      else
        scored.push(
          score(
            step,
            await replay.run({ argv: step.argv.slice(1), ...(step.stdin === undefined ? {} : { stdin: step.stdin }) }),
          ),
        );
    }
  }
  const report = process.env['GOLDEN_REPORT'];
  if (report !== undefined)
    writeFileSync(
      report,
      scored
        .filter((each) => !each.exact)
        .map(
          (each) =>
            `$ ${each.command} (${each.category}, ${each.lines})\n--- expected\n${each.expected}\n--- actual\n${each.actual}\n`,
        )
        .join('\n'),
    );
  const scores = CATEGORIES.map((category) => {
    const own = scored.filter((each) => each.category === category);
    const exact = own.filter((each) => each.exact).length;
    const lines = own.reduce((sum, each) => sum + each.lines, 0) / own.length;
    return { category, count: own.length, exact: exact / own.length, lines };
  });
  console.log(
    scores
      .map(
        (each) =>
          `${each.category}: ${Math.round(each.exact * 100)} % the same, ${Math.round(each.lines * 100)} % of lines (${each.count})`,
      )
      .join('\n'),
  );
  for (const each of scores) expect(each.exact, each.category).toBeGreaterThanOrEqual(0.5);
});
