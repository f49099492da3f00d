import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { dropFault, openCluster } from './cluster-page.ts';
import { recordingOf, statusOf } from './session.ts';

const clients = '.cache/clients';
const kubectlPath = process.env['KUBECTL'] ?? join(clients, 'kubectl');

test.skip(() => !existsSync(kubectlPath), 'real kubectl is not here: node scripts/real-clients.mjs');

interface Printed {
  readonly code: number;
  readonly text: string;
}

/** A real kubectl with a home of its own, as somebody in a shell beside the page has it. */
class Shell {
  readonly #home = mkdtempSync(join(tmpdir(), 'kubarium-e2e-'));
  readonly #kubeconfig: string;

  constructor(kubeconfig: string) {
    this.#kubeconfig = kubeconfig;
  }

  kubectl(...args: readonly string[]): Promise<Printed> {
    const env = { HOME: this.#home, KUBECONFIG: this.#kubeconfig };
    return new Promise((resolve) => {
      execFile(kubectlPath, args, { env, timeout: 60_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 255), text: stdout + stderr }),
      );
    });
  }
}

/** The kubeconfig that the page names, once the door is this page's or another's. */
async function connectDialog(page: Page, standing: 'yours' | 'held'): Promise<string> {
  await page.locator('main').click({ position: { x: 5, y: 200 } });
  await page.keyboard.press('u');
  await expect(page.locator(`[data-door="${standing}"]`)).toBeVisible();
  const line = await page.getByLabel('In a shell', { exact: true }).inputValue();
  return line.replace('export KUBECONFIG=', '');
}

function replayInNode(recording: unknown): { readonly same: boolean; readonly hash: string } {
  const file = test.info().outputPath('run.kubarium.json');
  writeFileSync(file, JSON.stringify(recording));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/run.mjs', 'src/cluster/sim.ts', '--recording', file],
    { encoding: 'utf8' },
  );
  if (stdout.trim() === '') throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

test('a real kubectl moves the pods that the page shows; the recording replays without it', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const cluster = await openCluster(page);
  expect(await page.locator('meta[name="kubarium-door"]').count()).toBe(0);
  await expect(cluster.target('machine:door')).toContainText('your kubectl');
  const kubeconfig = await connectDialog(page, 'yours');
  expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
  const address = await page.getByLabel('Address', { exact: true }).inputValue();
  const { violations } = await new AxeBuilder({ page }).include('dialog').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
  for (const [label, text] of [
    ['In a shell', `export KUBECONFIG=${kubeconfig}`],
    ['Address', address],
  ] as const) {
    await page.getByRole('button', { name: `Copy: ${label}` }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
  }
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the kubeconfig' }).click();
  expect(readFileSync(await (await download).path(), 'utf8')).toBe(readFileSync(kubeconfig, 'utf8'));
  await page.keyboard.press('Escape');

  const shell = new Shell(kubeconfig);
  expect(await shell.kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=4')).toEqual({
    code: 0,
    text: 'deployment.apps/web created\n',
  });
  await expect(page.getByRole('button', { name: /^Connect kubectl, \d+ connected/ })).toBeVisible();
  expect((await shell.kubectl('rollout', 'status', 'deploy/web', '--timeout=60s')).text).toContain('successfully');
  await expect(page.locator('[data-shape="running"]')).toHaveCount(4);
  const [pod = ''] = (await shell.kubectl('get', 'pods', '-o', 'name')).text.split('\n');
  expect((await shell.kubectl('exec', pod.replace('pod/', ''), '--', 'echo', 'from inside')).text).toBe(
    'from inside\n',
  );
  await dropFault(cluster, 'latency', cluster.target('machine:cp-2'), { x: 0.5, y: 0.5 });
  expect((await shell.kubectl('scale', 'deploy/web', '--replicas=1')).text).toBe('deployment.apps/web scaled\n');
  await expect(page.locator('[data-shape="running"]')).toHaveCount(1);

  await page.getByTitle('Pause (Space)').click();
  expect((await statusOf(page)).placement).toBe('workers');
  const recording = await recordingOf(page);
  expect(recording.topology).toMatchObject({ door: true });
  expect(JSON.stringify(recording)).toContain('POST');
  expect(JSON.stringify(recording)).not.toContain(new URL(address).pathname.slice(1));
  expect(replayInNode(recording)).toMatchObject({ hash: recording.hash, same: true });
});

test('one page has the door at a time: another sees that, takes it, and hands it on when it closes', async ({
  page,
  context,
}) => {
  await openCluster(page);
  const kubeconfig = await connectDialog(page, 'yours');
  const shell = new Shell(kubeconfig);
  const second = await context.newPage();
  await openCluster(second, '#seed=2&workers=1');
  await connectDialog(second, 'held');
  expect((await shell.kubectl('get', 'nodes', '-o', 'name')).text).toContain('worker-3');

  const watch = shell.kubectl('get', 'pods', '-w');
  await expect(page.locator('[aria-keyshortcuts="U"]')).toHaveAttribute('data-clients', '1');
  await second.getByRole('button', { name: 'Take it over' }).click();
  await expect(second.locator('[data-door="yours"]')).toBeVisible();
  await expect(page.locator('[data-door="held"]')).toBeVisible();
  await watch;
  expect((await shell.kubectl('get', 'nodes', '-o', 'name')).text).not.toContain('worker-3');

  await second.close();
  await expect(page.locator('[data-door="yours"]')).toBeVisible();
  expect((await shell.kubectl('get', 'nodes', '-o', 'name')).text).toContain('worker-3');

  const cut = shell.kubectl('get', '--raw', '/api/v1/pods?watch=1');
  await expect(page.locator('[aria-keyshortcuts="U"]')).toHaveAttribute('data-clients', '1');
  await page.close();
  await cut;
  const { code, text } = await shell.kubectl('get', '--raw', '/api/v1/nodes');
  expect({ code, text }).toEqual({
    code: 1,
    text: expect.stringMatching(
      /^Error from server \(ServiceUnavailable\): no page is open: open http\S+ in a browser\n$/,
    ),
  });
});

test('another run of the page has the door, too; a run that was begun without one says so', async ({ page }) => {
  await openCluster(page);
  const shell = new Shell(await connectDialog(page, 'yours'));
  await page.keyboard.press('Escape');
  const watch = shell.kubectl('get', 'pods', '-w');
  await expect(page.locator('[aria-keyshortcuts="U"]')).toHaveAttribute('data-clients', '1');
  await page.getByRole('button', { name: /machines/ }).click();
  await page.getByLabel('Workers').fill('1');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await watch;
  await expect
    .poll(async () => (await shell.kubectl('get', 'nodes', '-o', 'name')).text, { timeout: 60_000 })
    .toContain('worker-1');
  expect((await shell.kubectl('get', 'nodes', '-o', 'name')).text).not.toContain('worker-2');

  const without = { ...(await recordingOf(page)), topology: { controlPlanes: 1, workers: 1 }, inputs: [], hash: '' };
  await page.getByRole('button', { name: 'Share or save this run' }).click();
  await page.locator('input[type="file"]').setInputFiles({
    name: 'run.kubarium.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify({ ...without, until: 1_000_000 })),
  });
  await expect(page.locator('[data-target="machine:door"]')).toHaveCount(0);
  await page.keyboard.press('u');
  await expect(page.locator('[data-door="without"]')).toBeVisible();
});
