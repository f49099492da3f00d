import { defineConfig } from '@playwright/test';

const port = 4398;
const DOOR = /door\.spec\.ts$/;

/** The built page in Chromium. `PAGE` names another address where it is served already. */
export default defineConfig({
  testDir: 'e2e',
  reporter: 'list',
  timeout: 120_000,
  expect: { timeout: 15_000 },
  fullyParallel: false,
  workers: 2,
  // One page at a time has the door: its tests come when no other page is open.
  projects: [
    { name: 'page', testIgnore: DOOR },
    { name: 'door', testMatch: DOOR, dependencies: ['page'] },
  ],
  use: {
    baseURL: process.env['PAGE'] ?? `http://127.0.0.1:${port}`,
    viewport: { width: 1280, height: 720 },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  ...(process.env['PAGE'] === undefined
    ? {
        webServer: {
          command: 'node scripts/start.mjs',
          env: { PORT: String(port) },
          url: `http://127.0.0.1:${port}`,
          timeout: 180_000,
          reuseExistingServer: false,
        },
      }
    : {}),
});
