// Replays recorded stories with the kubectl of this repository, on a whole cluster. The real kubectl replays them in src/gateway.
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { GOLDEN, judge, report } from '../../api/golden-scores.testing.ts';
import { Cluster } from '../../cluster/cluster.ts';
import { programs } from '../../cluster/programs.ts';
import { MILLISECOND, SECOND } from '../../sim/env.ts';
import { createInThread } from '../../sim/placement/in-thread.ts';
import { withMachines, TOPOLOGY } from './golden-cluster.testing.ts';
import { servedBy, type ServedKinds } from '../../api/golden-kinds.testing.ts';
import { withImages } from './golden-normal.testing.ts';
import type { GoldenCommand, GoldenResult } from './golden-runner.testing.ts';
import { goldenRunner } from './golden-runner.testing.ts';
import type { Scored } from './golden-score.testing.ts';
import { missesOf, parseSteps, score, setupParts, STORIES } from './golden-score.testing.ts';

/** A recorded command took some time, most of it to start. */
const PAUSE = 100 * MILLISECOND;

class Replay {
  readonly cluster: Cluster;
  private output = '';

  constructor() {
    this.cluster = new Cluster({
      topology: TOPOLOGY,
      placement: createInThread({ ...withMachines(programs), terminal: goldenRunner }),
      onTrace: (events) => {
        for (const event of events)
          if (event.kind === 'output' && event.process === 'laptop/terminal') this.output += event.text;
      },
    });
  }

  async run(recorded: { readonly argv: readonly string[]; readonly stdin?: string }): Promise<GoldenResult> {
    this.output = '';
    const { argv, ...rest } = withImages(recorded);
    const command: GoldenCommand = { ...rest, argv: argv.slice(1) };
    this.cluster.input({ kind: 'text', process: 'laptop/terminal', text: JSON.stringify(command) });
    const done = await this.cluster.runUntil(() => this.output !== '', 180 * SECOND);
    await this.cluster.runFor(PAUSE);
    return done ? (JSON.parse(this.output) as GoldenResult) : { stdout: '', stderr: 'no answer\n', exit: -1 };
  }

  async setup(line: string): Promise<void> {
    for (const part of setupParts(line)) {
      if ('seconds' in part) await this.cluster.runFor(part.seconds * SECOND);
      else await this.run(part);
    }
  }
}

/** One cluster for all stories, as when they were recorded. */
describe.skipIf(!existsSync(GOLDEN))('kubectl', () => {
  const replay = new Replay();
  let kinds: ServedKinds;

  beforeAll(async () => {
    expect(await replay.cluster.boot()).toBe(true);
    kinds = await servedBy(async (path) => {
      const { stdout, exit } = await replay.run({ argv: ['kubectl', 'get', '--raw', path] });
      return exit === 0 ? stdout : undefined;
    });
  }, 120_000);

  it.each(STORIES)('answers as the recorded one did: %s', async (name) => {
    const scored: Scored[] = [];
    for (const step of parseSteps(readFileSync(new URL(`${name}.jsonl`, GOLDEN), 'utf8'))) {
      if ('setup' in step) await replay.setup(step.setup);
      else scored.push(score(step, await replay.run(step), kinds));
    }
    report(`${name}-ours`, missesOf(scored));
    judge(name, 'ours', scored);
  });
});
