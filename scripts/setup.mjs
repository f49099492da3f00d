// Dependency-free set-up shared by `npm start` and `npm test`: packages, a browser, and what is stale.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, '.cache');

/** Runs a command in the project, its output shown; exits with its code when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) fail(`${command} could not be started: ${result.error.message}`);
  if (result.status !== 0) {
    if (options.allowFailure) return result.status ?? 1;
    process.exit(result.status ?? 1);
  }
  return 0;
}

export function fail(message) {
  console.error(message);
  process.exit(1);
}

/** `npm ci` when node_modules does not match package-lock.json. */
export function ensurePackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.kubarium-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log('Installing packages …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, lock);
}

const sources = [
  'scripts/kubernetes-texts.mjs',
  'src',
  'workers',
  'public',
  'index.html',
  'vite.config.ts',
  'package-lock.json',
  'tsconfig.json',
];

/** Changes whenever a source file does. */
export function sourceStamp(paths = sources) {
  const hash = createHash('sha256');
  const visit = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    const info = statSync(full);
    if (info.isDirectory()) for (const entry of readdirSync(full).sort()) visit(join(path, entry));
    else if (!/\.test\.tsx?$/.test(path)) hash.update(path).update(readFileSync(full));
  };
  paths.forEach(visit);
  return hash.digest('hex');
}

/** Builds the page into dist/ unless dist/ is of these very sources. */
export function ensureBuild() {
  const stamp = sourceStamp();
  const file = join(cache, 'build-stamp');
  if (existsSync(join(root, 'dist', 'index.html')) && existsSync(file) && readFileSync(file, 'utf8') === stamp) return;
  console.log('Building …');
  run(process.execPath, [join('node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'error']);
  mkdirSync(cache, { recursive: true });
  writeFileSync(file, stamp);
}

const candidates = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const runnable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Path of a Chromium: $CHROMIUM, the system's, Playwright's download, else the package manager's. Exits with one line of advice when none can be had. */
export function ensureChromium() {
  const given = process.env['CHROMIUM'];
  if (given) return runnable(given) ? given : fail(`CHROMIUM=${given} cannot be executed`);
  const found = candidates.find(runnable) ?? playwrightChromium();
  if (found) return found;
  console.log('No Chromium found: installing one …');
  const quiet = { cwd: root, stdio: 'ignore' };
  if (
    spawnSync(process.execPath, [join('node_modules', 'playwright', 'cli.js'), 'install', 'chromium'], {
      ...quiet,
      timeout: 120_000,
    }).status === 0
  ) {
    const downloaded = playwrightChromium();
    if (downloaded) return downloaded;
  }
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const asRoot = (...words) => spawnSync([...sudo, ...words][0], [...sudo, ...words].slice(1), quiet);
  if (existsSync('/usr/bin/apt-get')) {
    asRoot('apt-get', 'update');
    asRoot('env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-y', '--no-install-recommends', 'chromium');
  }
  return (
    candidates.find(runnable) ??
    fail(
      'No Chromium: install one (apt-get install chromium, or npx playwright install chromium) or set CHROMIUM to its path.',
    )
  );
}

function playwrightChromium() {
  const script = "import('playwright-core').then(({ chromium }) => console.log(chromium.executablePath()))";
  const result = spawnSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' });
  const path = result.stdout?.trim();
  return path && runnable(path) ? path : undefined;
}
