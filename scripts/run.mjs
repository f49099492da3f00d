// Bundles one of the project's TypeScript programs for Node and runs it: `node scripts/run.mjs src/cluster/sim.ts --seed 1`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { kubernetesTexts } from './kubernetes-texts.mjs';
import { ensurePackages, fail, root, sourceStamp } from './setup.mjs';

const [entry, ...args] = process.argv.slice(2);
if (!entry) fail('usage: node scripts/run.mjs FILE [ARG …]');
ensurePackages();
const outDir = join(root, '.cache', 'node', basename(entry, '.ts'));
const outFile = join(outDir, 'main.mjs');
const stampFile = join(outDir, 'stamp');
const stamp = sourceStamp(['src', 'workers', 'scripts', 'package-lock.json']);
if (!existsSync(outFile) || !existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
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
}
process.argv = [process.argv[0], outFile, ...args];
await import(pathToFileURL(outFile).href);
