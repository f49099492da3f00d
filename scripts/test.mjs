// `npm test`: sets up what it needs, then every check in order, cheapest first. Ends with one line that counts them.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { spawn } from 'node:child_process';
import { realClients } from './real-clients.mjs';
import { ensureBuild, ensureChromium, ensurePackages, root } from './setup.mjs';

ensurePackages();
realClients();
const env = { ...process.env, CHROMIUM: ensureChromium() };
const bin = (...path) => join(root, 'node_modules', ...path);
const node =
  (script, ...args) =>
  () =>
    new Promise((resolve) =>
      spawn(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit', env }).on('close', (code) =>
        resolve(code === 0),
      ),
    );

/** First load: what index.html asks for before anything is opened. */
const FIRST_LOAD_LIMIT = 300 * 1024;
/** gzip bytes of a node worker's bundle, of which there is one per machine. */
const WORKER_LIMIT = 200 * 1024;

/** Ten random runs on every core; `npm run fuzz` has more of them, and shrinks what fails. */
const SEEDS = ['--seeds', '10', '--minutes', '10', '--etcd', '0', '--shrink', '0'];

function sizes() {
  const dist = join(root, 'dist');
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  const asked = [...html.matchAll(/(?:src|href)="\.?\/?([^"]+\.(?:js|css|woff2))"/g)].map((match) => match[1]);
  const gzip = (file) => gzipSync(readFileSync(file)).length;
  const first = [...new Set(asked)].reduce((sum, file) => sum + gzip(join(dist, file)), gzip(join(dist, 'index.html')));
  console.log(`first load: ${(first / 1024).toFixed(1)} KB gzip of ${FIRST_LOAD_LIMIT / 1024} KB`);
  let ok = first <= FIRST_LOAD_LIMIT;
  for (const file of readdirSync(join(dist, 'assets'))
    .filter((name) => /^(etcd|kube-[a-z-]+|node|load-balancer|cloud)-.*\.js$/.test(name))
    .sort()) {
    const size = gzip(join(dist, 'assets', file));
    console.log(
      `worker ${file}: ${(size / 1024).toFixed(1)} KB gzip of ${(statSync(join(dist, 'assets', file)).size / 1024).toFixed(0)} KB`,
    );
    if (size > WORKER_LIMIT) ok = false;
  }
  return ok;
}

/** Groups in order; what is in one group runs at once. */
const groups = [
  [
    ['types', node(bin('typescript-native', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.json')],
    ['lint', node(bin('eslint', 'bin', 'eslint.js'), '.', '--max-warnings', '0')],
    ['format', node(bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.')],
  ],
  [['unit', node(bin('vitest', 'vitest.mjs'), 'run', '--reporter=default')]],
  [['seeds', node(join('scripts', 'run.mjs'), 'src/cluster/fuzz.ts', ...SEEDS)]],
  [['build', () => (ensureBuild(), true)]],
  [['sizes', sizes]],
  [['browser', node(bin('@playwright', 'test', 'cli.js'), 'test')]],
];

const only = process.argv.slice(2);
let passed = 0;
let failed = 0;

async function run([name, check]) {
  const started = Date.now();
  const ok = await check();
  console.log(`${ok ? 'ok' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (ok) passed++;
  else failed++;
}

for (const group of groups) {
  const wanted = group.filter(([name]) => only.length === 0 || only.includes(name));
  if (wanted.length === 0) continue;
  console.log(`\n── ${wanted.map(([name]) => name).join(', ')} ──`);
  await Promise.all(wanted.map(run));
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
