import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { kubernetesTexts } from './scripts/kubernetes-texts.mjs';
import { doorPlugin } from './src/gateway/vite-door.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What waits for clients of the real world begins first, so that others compute meanwhile. */
class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const waits = ({ moduleId }: TestSpecification) => /\/gateway\/(parity|mistakes)\.test\.ts$/.test(moduleId);
    return [...sorted.filter(waits), ...sorted.filter((file) => !waits(file))];
  }
}

export default defineConfig({
  base: './',
  plugins: [react(), kubernetesTexts(), doorPlugin()],
  worker: { format: 'es', plugins: () => [kubernetesTexts()] },
  // Vite's scanner does not follow `new Worker(new URL(…))`: unlisted entries would make it reload the page at first boot.
  optimizeDeps: {
    entries: ['index.html', 'workers/*.ts'],
    include: [
      'monaco-yaml/yaml.worker.js',
      'monaco-editor/editor',
      'monaco-editor/features/register.all',
      'monaco-editor/languages/definitions/yaml/register',
      'monaco-editor/editor/editor.worker',
    ],
  },
  resolve: {
    alias: [
      // monaco-worker-manager imports a path that monaco ≥ 0.56's exports map no longer resolves.
      { find: 'monaco-editor/esm/vs/editor/editor.worker.js', replacement: 'monaco-editor/editor/editor.worker' },
    ],
  },
  build: {
    target: 'es2023',
    rollupOptions: { input: { main: at('./index.html') } },
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Some files wait for clients of the real world while others compute. No module keeps what a test did.
    maxWorkers: 4,
    isolate: false,
    sequence: { sequencer: WaitingFirst },
  },
});
