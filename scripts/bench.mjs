// `npm run bench`: the figures of src/cluster/bench.ts, then those that only a browser can tell. One JSON line per figure.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ensureBuild, ensureChromium, ensurePackages, root } from './setup.mjs';

const RUNS = Number(process.env['RUNS'] ?? 3);
const IDLE_SECONDS = 6;
const PODS = 500;
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
args.push('--disable-component-update', '--disable-sync', '--disable-background-timer-throttling');

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const round = (value) => Math.round(value * 100) / 100;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function report(name, value, unit, baseline) {
  const against = baseline === undefined ? {} : { baseline: round(baseline), ratio: round(value / baseline) };
  console.log(JSON.stringify({ name, value: round(value), unit, ...against }));
}

ensurePackages();
const only = process.argv.slice(2);
const wanted = (part) => only.length === 0 || only.includes(part);
if (wanted('node'))
  spawnSync(process.execPath, [join(root, 'scripts', 'run.mjs'), 'src/cluster/bench.ts'], { stdio: 'inherit' });

/** Another address may be given where the page is served already. */
const given = process.env['PAGE'];
if (given === undefined) ensureBuild();
const server = given === undefined ? await serve() : undefined;
const url = given ?? server.url;
const executablePath = ensureChromium();
try {
  if (wanted('boot')) await boot();
  if (wanted('idle')) await idle();
  if (wanted('pods')) await pods();
} finally {
  server?.process.kill('SIGTERM');
}

async function serve() {
  const env = { ...process.env, PORT: '4397' };
  const child = spawn(process.execPath, [join(root, 'scripts', 'start.mjs')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const found = /http:\S+/.exec(text);
      if (found !== null) resolve(found[0]);
    });
    child.on('exit', () => reject(new Error(`the page cannot be served: ${text}`)));
  });
  return { url, process: child };
}

/** A browser of its own for each measurement: no cache, no other page. */
async function inBrowser(hash, measure) {
  const browser = await chromium.launch({ executablePath, args });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    const opened = performance.now();
    await page.goto(`${url}${hash}`);
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          const ready = () => /All \d+ nodes are Ready/.test(document.body.textContent ?? '');
          const look = () => (ready() ? resolve() : setTimeout(look, 10));
          look();
        }),
    );
    return await measure(page, (performance.now() - opened) / 1000, browser);
  } finally {
    await browser.close();
  }
}

async function boot() {
  const seconds = [];
  const memory = [];
  for (let run = 0; run < RUNS; run++) {
    await inBrowser('', async (page, wall, browser) => {
      seconds.push(wall);
      const workers = page.workers().length;
      const total = await residentMegabytes(browser);
      await page.goto('about:blank');
      await sleep(500);
      const without = await residentMegabytes(browser);
      memory.push((total - without) / workers);
    });
  }
  report('page: opening to six Ready nodes', median(seconds), 's');
  report('page: memory per worker', median(memory), 'MB');
}

/** Of the renderers: /proc knows what a process really holds. */
async function residentMegabytes(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  return renderers.reduce((sum, { id }) => sum + resident(id), 0);
}

function resident(pid) {
  if (!readdirSync('/proc').includes(String(pid))) return 0;
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * 4096) / 1_000_000;
}

/** An idle cluster at full speed, its page watching. */
async function idle() {
  const found = {};
  for (const placement of ['in-thread', 'pool', 'workers']) {
    const figures = [];
    for (let run = 0; run < RUNS; run++) {
      await inBrowser(`#placement=${placement}`, async (page) => {
        figures.push(await page.evaluate(idleFigures, IDLE_SECONDS));
      });
    }
    const actual = figures[0].placement;
    if (actual !== placement) throw new Error(`the page took the placement ${actual}, not ${placement}`);
    found[placement] = figures;
  }
  const of = (placement, key) => median(found[placement].map((figure) => figure[key]));
  for (const placement of ['in-thread', 'pool', 'workers']) {
    const against = (key) => (placement === 'in-thread' ? undefined : of('in-thread', key));
    for (const [key, text, unit] of [
      ['ratio', 'idle cluster, virtual : wall', '×'],
      ['watched', 'idle cluster shown on the page, virtual : wall', '×'],
      ['windows', 'windows', '1/s'],
      ['events', 'events', '1/s'],
    ])
      report(`${placement} in Chromium: ${text}`, of(placement, key), unit, against(key));
  }
}

/** Runs in the page. */
async function idleFigures(seconds) {
  const session = globalThis.kubarium.session();
  const measure = async (ms) => {
    const before = await session.status();
    const started = performance.now();
    await new Promise((resolve) => setTimeout(resolve, ms));
    const after = await session.status();
    const wall = (performance.now() - started) / 1000;
    return {
      ratio: (after.now - before.now) / 1e6 / wall,
      windows: (after.windows - before.windows) / wall,
      events: (after.events - before.events) / wall,
    };
  };
  await session.setSpeed(Infinity);
  await session.runUntil((await session.status()).now + 20_000_000);
  await session.resume();
  const watched = await measure((seconds * 1000) / 2);
  await session.pause();
  // Observers are numbered from 1, and the page is the first.
  await session.unobserve(1);
  await session.resume();
  const alone = await measure((seconds * 1000) / 2);
  return { ...alone, watched: watched.ratio, placement: (await session.status()).placement };
}

/** 500 pods on ten workers at 1×, and how smoothly the page shows it. */
async function pods() {
  const rows = [];
  for (let run = 0; run < RUNS; run++) {
    await inBrowser('#workers=10', async (page) => {
      const still = await page.evaluate(framesFor, 3_000);
      const started = performance.now();
      await page.evaluate(startPods, PODS);
      const frames = await page.evaluate(framesUntilReady, PODS);
      rows.push({ still, frames, wall: (performance.now() - started) / 1000 });
    });
  }
  for (const [key, text] of [
    ['p50', 'frame time, p50'],
    ['p95', 'frame time, p95'],
    ['worst', 'worst gap between frames'],
  ])
    report(
      `page: ${text} while ${PODS} pods become Ready`,
      median(rows.map(({ frames }) => frames[key])),
      'ms',
      median(rows.map(({ still }) => still[key])),
    );
  report(`page: ${PODS} pods Ready`, median(rows.map(({ wall }) => wall)), 's');
  report(`page: ${PODS} pods Ready, virtual time`, median(rows.map(({ frames }) => frames.virtual)), 's');
}

function framesFor(ms) {
  return new Promise((resolve) => {
    const gaps = [];
    const end = performance.now() + ms;
    let last = performance.now();
    const frame = (now) => {
      gaps.push(now - last);
      last = now;
      if (now < end) return void requestAnimationFrame(frame);
      gaps.sort((a, b) => a - b);
      const at = (share) => gaps[Math.floor(gaps.length * share)];
      resolve({ p50: at(0.5), p95: at(0.95), worst: gaps.at(-1) });
    };
    requestAnimationFrame(frame);
  });
}

async function startPods(count) {
  const session = globalThis.kubarium.session();
  const type = (message) =>
    session.input({ kind: 'text', process: 'laptop/terminal', text: JSON.stringify({ session: 1, ...message }) });
  await type({ kind: 'line', text: `kubectl create deployment web --image=nginx --replicas=${count}` });
}

function framesUntilReady(count) {
  const session = globalThis.kubarium.session();
  const gaps = [];
  return new Promise((resolve, reject) => {
    let last = performance.now();
    let done = false;
    let started;
    const ready = new Set();
    const deadline = performance.now() + 180_000;
    const frame = (now) => {
      gaps.push(now - last);
      last = now;
      if (!done && now < deadline) return void requestAnimationFrame(frame);
      if (!done) return void reject(new Error(`${ready.size} of ${count} pods were Ready in time`));
      gaps.sort((a, b) => a - b);
      const at = (share) => gaps[Math.floor(gaps.length * share)];
      session
        .status()
        .then((status) =>
          resolve({ p50: at(0.5), p95: at(0.95), worst: gaps.at(-1), virtual: (status.now - started) / 1e6 }),
        );
    };
    session.status().then(({ now }) => (started = now));
    // As many pods drawn Running as were asked for; what does not fit is counted in the text.
    const look = async () => {
      const visible = document.querySelectorAll('[data-shape="running"]').length;
      const more = [...document.querySelectorAll('svg text')]
        .map((text) => /^\+(\d+)$/.exec(text.textContent ?? '')?.[1] ?? '0')
        .reduce((sum, text) => sum + Number(text), 0);
      for (let i = ready.size; i < visible + more; i++) ready.add(i);
      done = visible + more >= count && document.querySelectorAll('[data-shape="pending"]').length === 0;
      if (!done) setTimeout(look, 100);
    };
    void look();
    requestAnimationFrame(frame);
  });
}
