import { expect, type Locator, type Page } from '@playwright/test';

/** What the tests do with the page, in the words of a person who uses it. */
export interface ClusterPage {
  readonly page: Page;
  readonly terminal: Locator;
  readonly target: (id: string) => Locator;
}

/** Opens the page and waits until every node is Ready. Nothing may leave the origin, nothing may fail unseen. */
export async function openCluster(page: Page, hash = ''): Promise<ClusterPage> {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1' && hostname !== 'localhost')
      problems.push(request.url());
  });
  await page.goto(`./${hash}`);
  await expect(page.getByRole('radio', { name: '1×', exact: true })).toBeChecked({ timeout: 60_000 });
  await expect(page.getByText(/nodes have joined|Starting the workers|Machines are on/)).toHaveCount(0, {
    timeout: 60_000,
  });
  expect(problems).toEqual([]);
  return {
    page,
    terminal: page.locator('.xterm-rows:visible'),
    target: (id) => page.locator(`[data-target="${id}"]`),
  };
}

/** Types a command and waits for the next prompt. */
export async function run({ page, terminal }: ClusterPage, command: string): Promise<void> {
  await page.locator('.xterm:visible').click();
  await page.keyboard.type(command);
  await page.keyboard.press('Enter');
  await expect(terminal).toContainText(/laptop:\S*\$\s*$/, { timeout: 30_000 });
}

/** Drags a fault from the palette onto something on the map. */
export async function dropFault(
  { page }: ClusterPage,
  fault: string,
  onto: Locator,
  at = { x: 0.7, y: 0.6 },
): Promise<void> {
  const from = await boxOf(page.locator(`[data-fault="${fault}"]`));
  const to = await boxOf(onto);
  await page.mouse.move(from.x + 40, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(from.x + 120, from.y + 40, { steps: 3 });
  await page.mouse.move(to.x + to.width * at.x, to.y + to.height * at.y, { steps: 6 });
  await page.mouse.up();
}

export async function boxOf(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('it is not on the page');
  return box;
}
