// Replays recorded stories with the real kubectl, through the door. Ours replays them in src/cli/kubectl.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { GOLDEN, judge, report } from '../api/golden-scores.testing.ts';
import { TOPOLOGY, withMachines } from '../cli/kubectl/golden-cluster.testing.ts';
import { servedBy, type ServedKinds } from '../api/golden-kinds.testing.ts';
import { withImages } from '../cli/kubectl/golden-normal.testing.ts';
import type { GoldenResult } from '../cli/kubectl/golden-runner.testing.ts';
import { missesOf, parseSteps, score, setupParts, STORIES, type Scored } from '../cli/kubectl/golden-score.testing.ts';
import { defaultTopology } from '../cluster/topology.ts';
import { SECOND } from '../sim/env.ts';
import { realKubectl } from './clients.testing.ts';
import { programs } from '../cluster/programs.ts';
import { startServing, type Serving } from './serving.ts';

/** The cluster's clock against this machine's: what the commands wait for comes sooner. */
const SPEED = 4;

class Replay {
  private readonly folder = mkdtempSync(join(tmpdir(), 'kubarium-golden-'));
  private readonly kubeconfig = join(this.folder, 'kubeconfig');
  readonly serving: Serving;

  constructor(serving: Serving) {
    this.serving = serving;
    writeFileSync(this.kubeconfig, kubeconfigOf(serving.address));
  }

  static async start(): Promise<Replay> {
    const topology = { ...defaultTopology, ...TOPOLOGY, door: true };
    return new Replay(
      await startServing({
        topology,
        programs: withMachines(programs),
        seed: 1,
        speed: SPEED,
        port: 0,
        token: undefined,
      }),
    );
  }

  run(recorded: { readonly argv: readonly string[]; readonly stdin?: string }): Promise<GoldenResult> {
    const { argv, stdin = '' } = withImages(recorded);
    const env = { PATH: process.env['PATH'], HOME: this.folder, KUBECONFIG: this.kubeconfig, GOGC: 'off' };
    return new Promise((resolve) => {
      const options = { env, cwd: this.folder, timeout: 60_000, maxBuffer: 16 * 1024 * 1024 };
      const child = execFile(realKubectl ?? '', argv.slice(1), options, (error, stdout, stderr) => {
        const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
        resolve({ stdout: this.asRecorded(stdout), stderr: this.asRecorded(stderr), exit });
      });
      child.stdin?.end(stdin);
    });
  }

  /** The recorded server had another address. */
  private asRecorded(text: string): string {
    return text.replaceAll(this.serving.address, 'https://127.0.0.1:16443');
  }

  async setup(line: string): Promise<void> {
    const { session } = this.serving;
    for (const part of setupParts(line)) {
      if ('argv' in part) {
        await this.run(part);
        continue;
      }
      await session.runUntil((await session.status()).now + part.seconds * SECOND);
      await session.resume();
    }
  }

  async stop(): Promise<void> {
    await this.serving.close();
    await this.serving.session.stop();
  }
}

/** The recorded one, but for its certificates. */
function kubeconfigOf(server: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: oracle
  cluster:
    server: ${server}
contexts:
- name: oracle
  context:
    cluster: oracle
    user: admin
current-context: oracle
users:
- name: admin
  user: {}
`;
}

/** One cluster for all stories, as when they were recorded. */
describe.skipIf(realKubectl === undefined || !existsSync(GOLDEN))('real kubectl', () => {
  let replay: Replay;
  let kinds: ServedKinds;

  beforeAll(async () => {
    replay = await Replay.start();
    kinds = await servedBy(async (path) => {
      const response = await fetch(replay.serving.address + path);
      return response.ok ? response.text() : undefined;
    });
  }, 120_000);
  afterAll(() => replay.stop());

  it.each(STORIES)('is answered as by the recorded cluster: %s', async (name) => {
    const scored: Scored[] = [];
    for (const step of parseSteps(readFileSync(new URL(`${name}.jsonl`, GOLDEN), 'utf8'))) {
      if ('setup' in step) await replay.setup(step.setup);
      else scored.push(score(step, await replay.run(step), kinds));
    }
    report(`${name}-real`, missesOf(scored));
    judge(name, 'real kubectl', scored);
  });
});
