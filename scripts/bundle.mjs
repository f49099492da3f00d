import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { kubernetesTexts } from './kubernetes-texts.mjs';
import { root, sourceStamp } from './setup.mjs';

/** Bundles one of the project's TypeScript files for Node unless that was done from these very sources; returns the bundle's path. */
export async function bundle(entry) {
  const outDir = join(root, '.cache', 'node', basename(entry, '.ts'));
  const outFile = join(outDir, 'main.mjs');
  const stampFile = join(outDir, 'stamp');
  const stamp = sourceStamp(['src', 'workers', 'scripts', 'package-lock.json']);
  if (existsSync(outFile) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return outFile;
  const { build } = await import('vite');
  await build({
    configFile: false,
    plugins: [kubernetesTexts()],
    root,
    logLevel: 'warn',
    build: {
      ssr: join(root, entry),
      outDir,
      emptyOutDir: true,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'main.mjs' } },
    },
    ssr: { noExternal: true },
  });
  mkdirSync(outDir, { recursive: true });
  writeFileSync(stampFile, stamp);
  return outFile;
}
