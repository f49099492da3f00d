// Bundles one of the project's TypeScript programs for Node and runs it: `node scripts/run.mjs src/cluster/sim.ts --seed 1`.
import { pathToFileURL } from 'node:url';
import { bundle } from './bundle.mjs';
import { ensurePackages, fail } from './setup.mjs';

const [entry, ...args] = process.argv.slice(2);
if (!entry) fail('usage: node scripts/run.mjs FILE [ARG …]');
ensurePackages();
const file = await bundle(entry);
process.argv = [process.argv[0], file, ...args];
await import(pathToFileURL(file).href);
