import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import type { Recording } from '../src/sim/session.ts';
import { dropFault, openCluster, run, type ClusterPage } from './cluster-page.ts';
import { recordingOf, statusOf } from './session.ts';

interface Replayed {
  readonly hash: string;
  readonly same: boolean;
  readonly placement: string;
}

function replay(recording: Recording, placement: string): Replayed {
  const file = test.info().outputPath('run.kubarium.json');
  writeFileSync(file, JSON.stringify(recording));
  const command = ['scripts/run.mjs', 'src/cluster/sim.ts', '--recording', file, '--placement', placement];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (stdout.trim() === '') throw new Error(stderr);
  // The other side is src/cluster/replay.ts.
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Replayed;
  expect(status, stderr).toBe(report.same ? 0 : 1);
  return report;
}

/** Where and when a person happens to let go: no run of this test is like another. */
async function sixFaults(cluster: ClusterPage): Promise<void> {
  const { page, target } = cluster;
  for (const [fault, onto] of [
    ['latency', 'machine:cp-1'],
    ['power-off', 'machine:worker-2'],
    ['kill', 'component:cp-2/kube-apiserver'],
    ['slow-disk', 'machine:cp-3'],
    ['loss', 'machine:worker-1'],
    ['partition', 'machine:cp-2'],
  ] as const) {
    await page.waitForTimeout(Math.random() * 700);
    await dropFault(cluster, fault, target(onto), { x: 0.5, y: 0.5 });
    await expect(page.getByText(`fault ${fault}`).first()).toBeAttached();
  }
}

test('six faults dragged at arbitrary times: the recording replays in Node to the same hash', async ({ page }) => {
  const cluster = await openCluster(page);
  await run(cluster, 'kubectl create deployment web --image=nginx --replicas=3');
  await expect(cluster.terminal).toContainText('deployment.apps/web created');
  // The apiserver's worker fetches these texts when they are first asked for, which must not show in the run.
  await run(cluster, 'kubectl explain deployment.spec.strategy.type');
  await expect(cluster.terminal).toContainText('Possible enum values:');
  await sixFaults(cluster);
  await page.getByRole('radio', { name: '10×', exact: true }).click();
  await page.waitForTimeout(1_500);
  await page.getByTitle('Pause (Space)').click();
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeVisible();

  expect((await statusOf(page)).placement).toBe('workers');
  const recording = await recordingOf(page);
  const faults = recording.inputs.filter(({ kind }) => kind === 'fault');
  expect(faults).toHaveLength(6);
  expect(replay(recording, 'in-thread')).toMatchObject({ hash: recording.hash, same: true });
  expect(replay(recording, 'pool')).toMatchObject({ hash: recording.hash, same: true, placement: 'pool' });

  const third = recording.inputs.findIndex((input) => input === faults[2]);
  const changed = recording.inputs.map((input, i) => (i === third ? { ...input, at: input.at + 1 } : input));
  expect(replay({ ...recording, inputs: changed }, 'in-thread').same).toBe(false);
});
