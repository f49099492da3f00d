import { defineConfig } from '@playwright/test';

const port = 4173;

/** The built page in the system's Chromium. `PAGE` names another address where it is served already. */
export default defineConfig({
  testDir: 'e2e',
  reporter: 'list',
  timeout: 120_000,
  fullyParallel: false,
  workers: 1,
  use: {
    baseURL: process.env['PAGE'] ?? `http://127.0.0.1:${port}`,
    viewport: { width: 1280, height: 720 },
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
          command: `node node_modules/vite/bin/vite.js preview --host 127.0.0.1 --port ${port} --strictPort`,
          url: `http://127.0.0.1:${port}`,
          reuseExistingServer: true,
        },
      }
    : {}),
});
