import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { afterAll, describe, expect, it } from 'vitest';
import { kubernetesTexts } from '../../../scripts/kubernetes-texts.mjs';
import type * as RandomRun from '../random-run.ts';
import { plantedBugs, type Change } from './planted-bugs.ts';
import { scenarioLines, shrink, withInputs } from './shrink.ts';

const src = join(import.meta.dirname, '..', '..');
const directory = mkdtempSync(join(tmpdir(), 'kubarium-bugs-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The random runs with one place of the product changed. */
async function bundleWith(changes: readonly Change[], number: number): Promise<typeof RandomRun> {
  const outDir = join(directory, String(number));
  await build({
    configFile: false,
    root: join(src, '..'),
    logLevel: 'error',
    publicDir: false,
    plugins: [
      kubernetesTexts(),
      {
        name: 'planted-bug',
        enforce: 'pre',
        transform: (code, id) =>
          changes
            .filter(({ file }) => id === join(src, file))
            .reduce<string | undefined>(
              (text, { find, replace }) => (text ?? code).replace(find, () => replace),
              undefined,
            ),
      },
    ],
    build: {
      ssr: join(src, 'cluster', 'random-run.ts'),
      outDir,
      target: 'node20',
      minify: false,
      rollupOptions: { output: { entryFileNames: 'main.mjs' } },
    },
    ssr: { noExternal: true },
  });
  return import(/* @vite-ignore */ pathToFileURL(join(outDir, 'main.mjs')).href);
}

describe('a run that fails', () => {
  it('is shrunk to the few inputs that it takes, and those still fail', { timeout: 300_000 }, async () => {
    const number = plantedBugs.findIndex(({ name }) => name === 'controllers act before they see what they wrote');
    const { where, ...bug } = plantedBugs[number] ?? expect.fail('no such planted bug');
    const { planOf, runPlan } = await bundleWith(where === undefined ? [bug] : [bug, where], plantedBugs.length);
    const plan = planOf(1, bug.minutes);
    const fails = async (kept: readonly number[]) =>
      (await runPlan(withInputs(plan, kept))).violations.some(
        ({ invariant }) => invariant === 'replicas within limits',
      );
    const kept = await shrink(plan.inputs.length, fails, 6);
    if (process.env['SHOW_CAUGHT'] !== undefined) console.log(scenarioLines(withInputs(plan, kept)).join('\n'));
    expect(kept.length).toBeLessThan(plan.inputs.length / 4);
    expect(await fails(kept)).toBe(true);
  });
});

describe('a planted bug is caught by random runs:', () => {
  it.each(plantedBugs.map((bug, number) => ({ ...bug, number })))('$name', { timeout: 300_000 }, async (bug) => {
    const changes = [bug, ...(bug.where === undefined ? [] : [bug.where])];
    for (const { file, find } of changes) {
      const found = readFileSync(join(src, file), 'utf8').split(find).length - 1;
      expect(found, `the place to change in ${file}`).toBe(1);
    }
    const { etcdPlanOf, planOf, runEtcdPlan, runPlan } = await bundleWith(changes, bug.number);
    const run = (seed: number) =>
      bug.runs === 'etcd'
        ? runEtcdPlan(etcdPlanOf(seed, 60 * bug.minutes))
        : runPlan(planOf(seed, bug.minutes, bug.faults));
    const caught: string[] = [];
    const { from = 1 } = bug;
    for (let seed = from; seed < from + bug.seeds && caught.length === 0; seed++) {
      const { violations } = await run(seed);
      caught.push(...violations.map(({ invariant, text }) => `seed ${seed}, ${invariant}: ${text}`));
    }
    if (process.env['SHOW_CAUGHT'] !== undefined) console.log(bug.name, '→', caught[0]);
    expect(caught).not.toEqual([]);
  });
});
