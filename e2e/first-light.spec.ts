// What the first user does, on one page that stays open from test to test: each puts right what it broke.
import { readFile, writeFile } from 'node:fs/promises';
import { expect, test, type Page } from '@playwright/test';
import { parseRecording } from '../src/cluster/recording.ts';
import { boxOf, dropFault, openCluster, run, type ClusterPage } from './cluster-page.ts';
import { statusOf, terminateWorker, workersOf } from './session.ts';

let cluster: ClusterPage;
let page: Page;
const problems: string[] = [];
const requests: string[] = [];

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => {
    problems.push(`a dialog opened: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  cluster = await openCluster(page);
});

test.afterEach(async () => {
  await page.keyboard.press('Escape');
  await page.mouse.up();
  const heal = page.getByRole('button', { name: /^Heal/ });
  if ((await heal.count()) > 0) {
    await page.evaluate(() => window.kubarium.session()?.input({ kind: 'fault', command: 'heal all' }));
    await expect(heal).toHaveCount(0);
  }
});

const dedicated = (): number => page.workers().length;
const machine = (name: string) => cluster.target(`machine:${name}`);
const component = (id: string) => cluster.target(`component:${id}`);
const speed = (name: string) => page.getByRole('radio', { name, exact: true });

/** What a command printed last, as it stands on the screen. */
async function printed(command: string): Promise<string> {
  await run(cluster, 'clear');
  await run(cluster, command);
  return cluster.terminal.innerText();
}

test('twenty workers and more are at work; power decides over those of a machine alone', async () => {
  const all = await workersOf(page);
  expect(all.length).toBeGreaterThanOrEqual(20);
  expect(all.filter(({ events }) => events === 0)).toEqual([]);
  // One more worker runs the hub.
  expect(dedicated()).toBe(all.length + 1);
  const before = dedicated();

  await dropFault(cluster, 'power-off', machine('worker-2'));
  await expect(machine('worker-2')).toHaveAttribute('data-state', 'off');
  await expect.poll(dedicated).toBe(before - 1);
  await page.getByRole('button', { name: /^Heal: worker-2/ }).click();
  await expect.poll(dedicated).toBe(before);
  await expect(component('worker-2/kubelet')).toHaveAttribute('data-state', 'running');
});

test('a control-plane machine takes its four components with it, and brings them back', async () => {
  const before = dedicated();
  await dropFault(cluster, 'power-off', machine('cp-3'));
  await expect(component('cp-3/etcd')).toHaveAttribute('data-state', 'exited');
  await expect.poll(dedicated).toBe(before - 5);
  await page.getByRole('button', { name: /^Heal: cp-3/ }).click();
  await expect(component('cp-3/etcd')).toHaveAttribute('data-state', 'running', { timeout: 60_000 });
  await expect(component('cp-3/kube-apiserver')).toHaveAttribute('data-state', 'running', { timeout: 60_000 });
  await expect.poll(dedicated, { timeout: 60_000 }).toBe(before);
});

test('the Deployment from the editor is applied, spreads, answers the internet and logs it', async () => {
  await page.getByRole('tab', { name: 'Editor' }).click();
  await expect(page.locator('.monaco-editor').first()).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('tab', { name: 'Terminal 1' }).click();
  expect(await printed('kubectl apply -f web.yaml')).toContain('deployment.apps/web created');
  for (const worker of ['worker-1', 'worker-2', 'worker-3'])
    await expect(machine(worker).locator('[data-shape="running"]')).toHaveCount(2, { timeout: 60_000 });

  await expect
    .poll(async () => (await printed('kubectl get deployment web')).includes('6/6'), { timeout: 60_000 })
    .toBe(true);
  await page.getByRole('tab', { name: 'Internet' }).click();
  await page.getByLabel('address').fill('http://10.0.0.22:30080/');
  const pages = page.getByText('Welcome to nginx!');
  const open = page.getByRole('button', { name: 'Open', exact: true });
  // kube-proxy on the machine has its second to learn of the last endpoint.
  await expect(async () => {
    await open.click();
    await expect(pages.first()).toBeVisible({ timeout: 2_000 });
  }).toPass();
  for (let visit = 1; visit <= 8; visit++) {
    const before = await pages.count();
    await open.click();
    await expect(pages).toHaveCount(before + 1);
  }
  const logs = await printed('kubectl logs -l app=web --prefix --tail=-1 | grep curl');
  const served = new Set([...logs.matchAll(/\[pod\/(web-\S+)\/nginx\]/g)].map((match) => match[1]));
  expect(logs).toContain('"GET / HTTP/1.1" 200');
  expect(served.size).toBeGreaterThan(1);
});

test('an etcd member whose worker is terminated fails, and its kubelet starts it again', async () => {
  const restarts = async (): Promise<number> =>
    Number(/etcd-cp-3\s+1\/1\s+Running\s+(\d+)/.exec(await printed('kubectl get pod etcd-cp-3 -n kube-system'))?.[1]);
  const before = await restarts();
  const id = /[0-9a-f]{64}/.exec(await printed('ssh cp-3 crictl ps --name etcd -q'))?.[0] ?? '';
  await terminateWorker(page, `cp-3/${id}`);
  await expect(component('cp-3/etcd')).toHaveAttribute('data-state', 'exited');
  await expect(component('cp-3/etcd')).toHaveAttribute('data-state', 'running', { timeout: 60_000 });
  await expect.poll(restarts, { timeout: 60_000 }).toBe(before + 1);
});

test('a worker that throws is a component that crashed, with its reason; the page stays usable', async () => {
  const lines: string[] = [];
  await page.exposeFunction('tellRecord', (text: string) => lines.push(text));
  await page.evaluate(() =>
    window.kubarium.session()?.observe((batch) => {
      for (const event of batch)
        if (event.kind === 'input' || (event.kind === 'process' && event.state === 'exited'))
          void (window as unknown as { tellRecord(text: string): void }).tellRecord(JSON.stringify(event));
    }),
  );
  const schedulers = page.workers().filter((worker) => worker.url().includes('kube-scheduler'));
  expect(schedulers).toHaveLength(3);
  await schedulers[0]?.evaluate(() => reportError(new Error('a bolt fell out')));
  await expect.poll(() => lines.join('\n'), { timeout: 30_000 }).toContain('a bolt fell out');
  await expect
    .poll(() => page.workers().filter((w) => w.url().includes('kube-scheduler')).length, { timeout: 60_000 })
    .toBe(3);
  for (const cp of ['cp-1', 'cp-2', 'cp-3'])
    await expect(component(`${cp}/kube-scheduler`)).toHaveAttribute('data-state', 'running', { timeout: 60_000 });
  expect(await printed('kubectl get nodes')).toContain('worker-3');
});

test('a machine dragged away is cut off: both ways, only out (Shift), only in (Alt)', async () => {
  const others = 'laptop door cp-1 cp-2 cp-3 balancer worker-1 worker-2 internet registry';
  for (const [key, title, command] of [
    [undefined, /^Cut worker-3 off/, 'partition worker-3'],
    ['Shift', /worker-3/, `partition worker-3 -> ${others}`],
    ['Alt', /worker-3/, `partition ${others} -> worker-3`],
  ] as const) {
    const box = await boxOf(machine('worker-3'));
    await page.mouse.move(box.x + box.width - 40, box.y + box.height - 12);
    await page.mouse.down();
    if (key !== undefined) await page.keyboard.down(key);
    await page.mouse.move(box.x + box.width, box.y + box.height - 60, { steps: 4 });
    await page.mouse.move(box.x + box.width + 70, box.y + box.height - 120, { steps: 4 });
    await expect(page.getByRole('heading', { name: title })).toBeVisible();
    await page.mouse.up();
    if (key !== undefined) await page.keyboard.up(key);
    await expect(page.getByRole('button', { name: /^Heal: / })).toHaveCount(1);
    const { inputs } = parseRecording(
      await page.evaluate(async () => JSON.stringify(await window.kubarium.session()?.export())),
    );
    const last = inputs.findLast((input) => input.kind === 'fault');
    expect(last?.kind === 'fault' ? sorted(last.command) : '').toBe(sorted(command));
    await expect(page.locator('[data-cut]').first()).toBeAttached();
    await page.getByRole('button', { name: /^Heal: / }).click();
    await expect(page.getByRole('button', { name: /^Heal: / })).toHaveCount(0);
  }
});

/** The order of machines says nothing. */
function sorted(command: string): string {
  return command
    .split(' -> ')
    .map((side) => side.split(' ').sort().join(' '))
    .join(' -> ');
}

test('each fault has its keys', async () => {
  for (const [key, target, state] of [
    ['o', 'machine:worker-1', 'off'],
    ['k', 'component:worker-1/kubelet', 'exited'],
    ['p', 'component:cp-2/kube-scheduler', 'paused'],
    ['x', 'machine:worker-1', undefined],
    ['l', 'machine:worker-1', undefined],
    ['d', 'machine:worker-1', undefined],
    ['f', 'machine:cp-2', undefined],
    ['c', 'machine:worker-1', undefined],
  ] as const) {
    await cluster.target(target).focus();
    await page.keyboard.press(key);
    await page.keyboard.press('Enter');
    if (state !== undefined) await expect(cluster.target(target)).toHaveAttribute('data-state', state);
    if (key !== 'k') await expect(page.getByRole('button', { name: /^Heal: / })).toHaveCount(1);
    await cluster.target(target).focus();
    await page.keyboard.press('h');
    await expect(page.getByRole('button', { name: /^Heal: / })).toHaveCount(0);
  }
  await expect(component('worker-1/kubelet')).toHaveAttribute('data-state', 'running', { timeout: 60_000 });
});

test('speeds, pause and step', async () => {
  for (const [name, value] of [
    ['0.1×', 0.1],
    ['0.5×', 0.5],
    ['10×', 10],
    ['100×', 100],
    ['max', Infinity],
    ['1×', 1],
  ] as const) {
    await speed(name).click();
    await expect.poll(async () => (await statusOf(page)).speed).toBe(value);
    await expect(speed(name)).toBeChecked();
  }
  await page.getByTitle('Pause (Space)').click();
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeVisible();
  const paused = await statusOf(page);
  await page.waitForTimeout(300);
  expect((await statusOf(page)).now).toBe(paused.now);
  await page.getByRole('button', { name: 'Step one event' }).click();
  await expect.poll(async () => (await statusOf(page)).events).toBeGreaterThan(paused.events);
  const stepped = await statusOf(page);
  expect(stepped.now).toBeGreaterThan(paused.now);
  expect(stepped.now - paused.now).toBeLessThan(1_000_000);
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect.poll(async () => (await statusOf(page)).now).toBeGreaterThan(stepped.now);
});

test('a manifest of script tags is text wherever it shows; a huge one and a broken one are refused', async () => {
  const script = '<script>alert(1)</script><img src=x onerror=alert(2)>';
  const manifest = [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata:',
    '  name: scripts',
    `  annotations: {note: "${script}"}`,
    `data: {"page": "${script}"}`,
  ].join('\n');
  await save('scripts.yaml', manifest);
  await save('broken.yaml', 'kind: Pod\n  metadata: [');
  await save('markup.yaml', manifest.replace('name: scripts', `name: "${script}"`));
  await save(
    'huge.yaml',
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: huge}\ndata: {x: "${'x'.repeat(3_200_000)}"}`,
  );

  expect(await printed('kubectl apply -f scripts.yaml')).toContain('configmap/scripts created');
  expect(await printed('kubectl get cm scripts -o yaml')).toContain('<script>alert(1)</script>');
  expect(await printed('kubectl apply -f markup.yaml')).toContain('is invalid: metadata.name: Invalid value');
  expect(await printed('kubectl apply -f broken.yaml')).toContain(
    'error: error parsing broken.yaml: error converting YAML to JSON',
  );
  expect(await printed('kubectl create -f huge.yaml')).toContain('Request entity too large: limit is 3145728');
  expect(await printed('kubectl get cm')).not.toContain('huge');
  await expect(page.locator('img')).toHaveCount(0);
  expect(await page.locator('body script').count()).toBe(
    await page.evaluate(() => document.querySelectorAll('body > script[src]').length),
  );
});

function save(path: string, text: string): Promise<unknown> {
  return page.evaluate(
    ([path, text]) =>
      window.kubarium.session()?.input({
        kind: 'text',
        process: 'laptop/terminal',
        text: JSON.stringify({ session: 1, kind: 'file', path, text }),
      }),
    [path, text] as const,
  );
}

test('reset with another seed and size', async () => {
  await page.getByTitle('Start another run').click();
  await page.getByLabel('Seed').fill('7');
  await page.getByLabel(/^Control-plane machines/).selectOption('1');
  await page.getByLabel('Workers').fill('2');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(machine('cp-2')).toHaveCount(0);
  await expect(page.getByText('All 3 nodes are Ready').first()).toBeAttached({ timeout: 60_000 });
  expect((await statusOf(page)).seed).toBe(7);
  const nodes = await printed('kubectl get nodes');
  expect(nodes.match(/ Ready /g)).toHaveLength(3);
});

test('a run is saved, loaded and comes out the same; a damaged file says what to do', async () => {
  await dropFault(cluster, 'kill', component('worker-1/kubelet'), { x: 0.5, y: 0.5 });
  await expect(component('worker-1/kubelet')).toHaveAttribute('data-state', 'exited');
  await expect(component('worker-1/kubelet')).toHaveAttribute('data-state', 'running', { timeout: 60_000 });
  await page.getByTitle('Pause (Space)').click();
  await page.getByRole('button', { name: 'Share or save this run' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as a file' }).click(),
  ]);
  const file = test.info().outputPath('run.kubarium.json');
  await download.saveAs(file);
  const recording = parseRecording(await readFile(file, 'utf8'));
  expect(recording.inputs.length).toBeGreaterThan(0);

  const damaged = test.info().outputPath('damaged.kubarium.json');
  await writeFile(damaged, '{"format":"kubarium/1","seed":');
  await page.locator('input[type=file]').setInputFiles(damaged);
  await expect(page.getByRole('alert').filter({ hasText: 'not a recording' })).toContainText(
    'Export the run again, or start a new one',
  );
  await expect(page.getByRole('dialog')).toBeVisible();
  expect((await statusOf(page)).now).toBe(recording.until);

  await page.locator('input[type=file]').setInputFiles(file);
  await expect(page.getByText('This is the recorded run, event for event.').first()).toBeAttached({ timeout: 60_000 });
  expect(await statusOf(page)).toMatchObject({ now: recording.until, hash: recording.hash });
});

test('nothing left the origin, nothing was written to the console, nothing broke the policy', () => {
  const origin = new URL(page.url()).origin;
  expect(requests.filter((url) => !url.startsWith(origin) && !/^(data|blob):/.test(url))).toEqual([]);
  expect(requests.length).toBeGreaterThan(20);
  expect(problems.filter((text) => !text.includes('a bolt fell out'))).toEqual([]);
});
