import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { kubernetesTexts } from './kubernetes-texts.mjs';
import { root, sourceStamp } from './setup.mjs';

/** Bundles one of the project's TypeScript files for Node unless that was done from these very sources; returns the bundle's path. */
export async function bundle(entry) {
  const bundles = join(root, '.cache', 'node');
  const stamp = sourceStamp(['src', 'workers', 'scripts', 'package-lock.json']).slice(0, 16);
  const made = join(bundles, `${basename(entry, '.ts')}-${stamp}`);
  const outFile = join(made, 'main.mjs');
  if (existsSync(outFile)) return outFile;
  // Others may make it at the same time: none finds half of it.
  const outDir = `${made}-${process.pid}`;
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
  const older = readdirSync(bundles).filter((name) => name.startsWith(`${basename(entry, '.ts')}-`));
  for (const name of older)
    if (isOld(join(bundles, name))) rmSync(join(bundles, name), { recursive: true, force: true });
  try {
    renameSync(outDir, made);
  } catch (error) {
    // Another process was first.
    if (!existsSync(outFile)) throw error;
    rmSync(outDir, { recursive: true, force: true });
  }
  return outFile;
}

/** A program that runs for long may still load parts of its bundle. */
const HOUR_MS = 3_600_000;
const isOld = (folder) => Date.now() - statSync(folder).mtimeMs > HOUR_MS;
