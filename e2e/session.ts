import type { Page } from '@playwright/test';
import type { Recording, Session, SessionStatus, WorkerStatus } from '../src/sim/session.ts';

declare global {
  interface Window {
    /** What src/ui/app/main.tsx gives to the console. */
    readonly kubarium: { readonly session: () => Session | undefined };
  }
}

/** Questions to the run itself, where the page shows no answer. */
export function workersOf(page: Page): Promise<readonly WorkerStatus[]> {
  return page.evaluate(async () => (await window.kubarium.session()?.workers()) ?? []);
}

export async function statusOf(page: Page): Promise<SessionStatus> {
  const status = await page.evaluate(() => window.kubarium.session()?.status());
  if (status === undefined) throw new Error('no run is open');
  return status;
}

export async function recordingOf(page: Page): Promise<Recording> {
  const recording = await page.evaluate(() => window.kubarium.session()?.export());
  if (recording === undefined) throw new Error('no run is open');
  return recording;
}

export function terminateWorker(page: Page, worker: string): Promise<void> {
  return page.evaluate((name) => window.kubarium.session()?.terminateWorker(name), worker);
}
