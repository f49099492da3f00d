import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { boxOf, dropFault, openCluster, run } from './cluster-page.ts';

test('a highly available cluster boots in the tab and runs what the editor says', async ({ page }) => {
  const cluster = await openCluster(page);
  for (const host of ['cp-1', 'cp-2', 'cp-3', 'worker-1', 'worker-2', 'worker-3'])
    await expect(cluster.target(`machine:${host}`)).toHaveAttribute('data-state', 'on');
  await expect(page.locator('[data-target$="/etcd"][data-leads="true"]')).toHaveCount(1);
  await expect(page.locator('[data-target$="/kube-scheduler"][data-leads="true"]')).toHaveCount(1);

  await page.getByRole('tab', { name: 'Editor' }).click();
  await expect(page.locator('.monaco-editor').first()).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(cluster.terminal).toContainText('deployment.apps/web created', { timeout: 30_000 });
  await expect(page.locator('[data-shape="running"]')).toHaveCount(6, { timeout: 60_000 });
  for (const worker of ['worker-1', 'worker-2', 'worker-3'])
    await expect(cluster.target(`machine:${worker}`).locator('[data-shape="running"]')).toHaveCount(2);

  await run(cluster, 'kubectl wait --for=condition=available deployment/web');
  await page.getByRole('tab', { name: 'Internet' }).click();
  await page.getByLabel('address').fill('http://10.0.0.21:30080/');
  // kube-proxy on the machine has its second to learn of the endpoints.
  await expect(async () => {
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await expect(page.getByText('Welcome to nginx!').first()).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 30_000 });

  await page.locator('[data-shape="running"]').first().click();
  await expect(page.getByText('you typed')).toBeVisible();
  await expect(page.getByRole('complementary').getByRole('table')).toContainText('worker-3');
  await expect(page.getByText(/^\d+ hold$/)).toBeVisible();
});

test('a dragged fault cuts the power, Heal gives it back, and the past can be looked at', async ({ page }) => {
  const cluster = await openCluster(page);
  const machine = cluster.target('machine:worker-2');
  await dropFault(cluster, 'power-off', machine);
  await expect(machine).toHaveAttribute('data-state', 'off');
  await expect(machine).toContainText('off for');
  await expect(cluster.target('component:worker-2/kubelet')).toHaveAttribute('data-state', 'exited');

  const playhead = page.getByRole('slider', { name: 'playhead' });
  await page.keyboard.press('Space');
  await playhead.focus();
  for (let i = 0; i < 12 && (await machine.getAttribute('data-state')) === 'off'; i++)
    await page.keyboard.press('ArrowLeft');
  await expect(machine).toHaveAttribute('data-state', 'on');
  await page.getByRole('button', { name: 'back to now' }).click();
  await expect(machine).toHaveAttribute('data-state', 'off');

  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('button', { name: /^Heal: worker-2/ }).click();
  await expect(machine).toHaveAttribute('data-state', 'on');
  await expect(cluster.target('component:worker-2/kubelet')).toHaveAttribute('data-state', 'running', {
    timeout: 30_000,
  });
});

test('a machine pulled away from the others is cut off; Escape puts it back', async ({ page }) => {
  const cluster = await openCluster(page);
  const box = await boxOf(cluster.target('machine:cp-3'));
  const lift = async (): Promise<void> => {
    await page.mouse.move(box.x + box.width / 2, box.y + 8);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 20, box.y + 60, { steps: 4 });
    await page.mouse.move(box.x + box.width / 2 + 30, box.y + 110, { steps: 4 });
  };
  await lift();
  await expect(page.getByRole('heading', { name: /^Cut cp-3 off/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: /^Cut cp-3 off/ })).toHaveCount(0);
  await page.mouse.up();
  await expect(page.getByRole('button', { name: /^Heal:/ })).toHaveCount(0);
  await lift();
  await page.mouse.up();
  await expect(page.getByRole('button', { name: /^Heal:.*cp-3/ })).toBeVisible();
  await expect(page.locator('[data-cut]').first()).toBeAttached();
});

test('everything can be done with the keyboard', async ({ page }) => {
  const cluster = await openCluster(page);
  await cluster.target('component:cp-1/kube-scheduler').focus();
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await expect(cluster.target('component:cp-1/kube-scheduler')).toHaveAttribute('data-state', 'exited');
  await cluster.target('machine:worker-1').focus();
  await page.keyboard.press('x');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Heal:.*worker-1/ })).toBeVisible();
  await page.keyboard.press('h');
  await expect(page.getByRole('button', { name: /^Heal:/ })).toHaveCount(0);
  await page.keyboard.press(' ');
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeVisible();
});

test('typing works while the cluster is paused, and what is typed runs afterwards', async ({ page }) => {
  const cluster = await openCluster(page);
  await run(cluster, 'kubectl get nodes');
  await expect(cluster.terminal).toContainText('worker-3');
  await page.getByTitle('Pause (Space)').click();
  await page.locator('.xterm:visible').click();
  await page.keyboard.type('kubectl get ns defau');
  await page.keyboard.press('Tab');
  await expect(cluster.terminal).toContainText('kubectl get ns default');
});

test('bad input says what to do, and nothing is rendered as markup', async ({ page }) => {
  await page.goto('./#run=damaged');
  await expect(page.getByRole('alert')).toContainText('The link is damaged');
  await page.getByRole('button', { name: 'Start again' }).click();
  await expect(page.getByRole('radio', { name: '1×', exact: true })).toBeChecked({ timeout: 60_000 });
  await page.getByRole('tab', { name: 'Internet' }).click();
  await page.getByLabel('address').fill('<img src=x onerror=alert(1)>');
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(page.getByText('<img src=x onerror=alert(1)>').first()).toBeVisible({ timeout: 30_000 });
  await expect(page.locator('img')).toHaveCount(0);
});

for (const theme of ['light', 'dark'] as const)
  test(`the page passes the accessibility rules, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await openCluster(page);
    const { violations } = await new AxeBuilder({ page }).exclude('.xterm').exclude('.monaco-editor').analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
  });
