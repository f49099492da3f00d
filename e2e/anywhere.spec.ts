import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { openCluster } from './cluster-page.ts';
import { serveDist } from './serve-dist.ts';

test('served from any folder by any server, the page stays in its folder and keeps its policy', async ({ page }) => {
  const served = await serveDist('/sub/dir/');
  const problems: string[] = [];
  const outside: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(served.url) && !/^(data|blob):/.test(request.url())) outside.push(request.url());
  });
  try {
    await page.goto(served.url);
    await expect(page.getByRole('radio', { name: '1×', exact: true })).toBeChecked({ timeout: 60_000 });
    const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe-eval');
    await page.getByRole('tab', { name: 'Editor' }).click();
    await expect(page.locator('.monaco-editor .view-line').first()).toBeVisible({ timeout: 30_000 });
    // No server that could let a kubectl in: nothing is asked for, and the page says what to do.
    await expect(page.locator('[data-target="machine:door"]')).toHaveCount(0);
    await page.getByRole('button', { name: 'Connect kubectl' }).click();
    await expect(page.locator('[data-door="none"]')).toContainText('npm start');
    expect(served.strays).toEqual([]);
    expect(outside).toEqual([]);
    expect(problems).toEqual([]);
  } finally {
    served.close();
  }
});

test('our own server sends the policy as a header, for the page and for its workers', async ({ page, request }) => {
  const html = await request.get('./');
  expect(html.headers()['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(html.headers()['cache-control']).toBe('no-store');
  expect(html.headers()['content-security-policy']).toContain("script-src 'self';");
  await openCluster(page);
  for (const url of new Set(page.workers().map((worker) => worker.url()))) {
    const script = await request.get(url);
    expect(script.headers()['content-security-policy'], url).toContain("script-src 'self';");
  }
});

const SIZES = [
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
];

test('nothing overflows and nothing is unreachable, on a projector and on a desk, light and dark', async ({ page }) => {
  await openCluster(page);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const theme of ['light', 'dark']) {
      const other = page.getByRole('button', { name: `Use the ${theme} theme` });
      if ((await other.count()) > 0) await other.click();
      const overflow = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth - innerWidth,
        tall: document.documentElement.scrollHeight - innerHeight,
        cut: [...document.querySelectorAll<HTMLElement>('button, [data-target], h1, h2, output')]
          .filter((element) => element.checkVisibility() && element.closest('svg') === null)
          .filter((element) => {
            const { left, right, top, bottom } = element.getBoundingClientRect();
            return left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1;
          })
          .map((element) => element.outerHTML.slice(0, 120)),
      }));
      expect(overflow, `${size.width}×${size.height} ${theme}`).toEqual({ wide: 0, tall: 0, cut: [] });
      const { violations } = await new AxeBuilder({ page }).exclude('.xterm').exclude('.monaco-editor').analyze();
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    }
  }
});
