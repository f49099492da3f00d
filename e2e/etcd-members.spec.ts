import { expect, test } from '@playwright/test';
import { openCluster, run } from './cluster-page.ts';

test('a member of etcd that lost its data is replaced from the page, and votes again', async ({ page }) => {
  test.setTimeout(240_000);
  const cluster = await openCluster(page, '#placement=in-thread');
  const members = page.getByRole('region', { name: 'etcd members' });
  const member = members.getByRole('listitem').filter({ hasText: 'cp-3' });
  const role = (expected: RegExp): Promise<void> =>
    expect(member).toHaveAttribute('data-role', expected, { timeout: 60_000 });
  const choose = (action: string): Promise<string[]> =>
    member.getByRole('combobox', { name: 'change member cp-3' }).selectOption(action);
  await role(/leader|follower/);
  await run(cluster, 'ssh cp-3 rm -rf /var/lib/etcd/member');
  await run(cluster, 'fault kill cp-3/etcd');
  await page.getByRole('radio', { name: '10×', exact: true }).click();
  await role(/not running/);
  // Members take no new one before they have been connected for five seconds.
  await run(cluster, 'sleep 10');
  await choose('replace');
  await role(/learner/);
  await choose('promote');
  await role(/follower/);
  await run(cluster, 'etcdctl endpoint health --cluster');
  await expect(cluster.terminal).toContainText('10.0.0.13:2379 is healthy');
});
