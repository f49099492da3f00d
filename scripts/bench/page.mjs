// The figures that only a browser can tell. Each call measures one tree once, in browsers of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ensureChromium } from '../setup.mjs';
import { startLine, stop } from './child.mjs';

const IDLE_SECONDS = 6;
const PODS = 500;
const SETTLES_MS = 3_000;
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
args.push('--disable-component-update', '--disable-sync', '--disable-background-timer-throttling');

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Serves a tree's page (built when stale) and hands its address on. */
export async function withPage(tree, port, measure) {
  const { child, match } = await startLine(process.execPath, [join(tree, 'scripts', 'start.mjs')], /http:\S+/, {
    cwd: tree,
    env: { ...process.env, PORT: String(port) },
  });
  try {
    return await measure(match[0]);
  } finally {
    await stop(child);
  }
}

/** A browser of its own for each measurement: no cache, no other page. */
async function inBrowser(url, measure) {
  const browser = await chromium.launch({ executablePath: ensureChromium(), args });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    // A browser that has just been started is busy with itself.
    await sleep(SETTLES_MS);
    const opened = performance.now();
    await page.goto(url);
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          const ready = () => /All \d+ nodes are Ready/.test(document.body.textContent ?? '');
          const look = () => (ready() ? resolve() : setTimeout(look, 50));
          look();
        }),
    );
    return await measure(page, (performance.now() - opened) / 1000, browser);
  } finally {
    await browser.close();
  }
}

export const boot = (url) =>
  inBrowser(url, async (page, wall, browser) => {
    const workers = page.workers().length;
    const total = await residentMegabytes(browser);
    await page.goto('about:blank');
    await sleep(500);
    const without = await residentMegabytes(browser);
    return [
      { name: 'page: opening to six Ready nodes', value: wall, unit: 's', goal: '≤ 3' },
      { name: 'page: memory per worker', value: (total - without) / workers, unit: 'MB' },
    ];
  });

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

/** An idle cluster at full speed: alone, and with its page watching. */
export async function idle(url) {
  const figures = [];
  let inThread;
  for (const placement of ['in-thread', 'pool', 'workers']) {
    const found = await inBrowser(`${url}#placement=${placement}`, (page) => page.evaluate(idleFigures, IDLE_SECONDS));
    if (found.placement !== placement) throw new Error(`the page took ${found.placement}, not ${placement}`);
    inThread ??= found;
    for (const [key, text, unit] of [
      ['ratio', 'idle cluster, virtual : wall', '×'],
      ['watched', 'idle cluster shown on the page, virtual : wall', '×'],
      ['windows', 'windows', '1/s'],
      ['events', 'events', '1/s'],
    ]) {
      const goal = key !== 'ratio' ? {} : { goal: placement === 'in-thread' ? '≥ 100' : '≥ 10' };
      const against = placement === 'in-thread' ? {} : { baseline: inThread[key] };
      figures.push({ name: `${placement} in Chromium: ${text}`, value: found[key], unit, ...goal, ...against });
    }
  }
  return figures;
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

/** 500 pods on ten workers at 1×, and how smoothly the page shows it. Against a page on which nothing happens. */
export const pods = (url) =>
  inBrowser(`${url}#workers=10`, async (page) => {
    const still = await page.evaluate(framesFor, 3_000);
    const started = performance.now();
    await page.evaluate(startPods, PODS);
    const frames = await page.evaluate(framesUntilReady, PODS);
    const wall = (performance.now() - started) / 1000;
    const text = `while ${PODS} pods become Ready`;
    const baseline = (key) => ({ unit: 'ms', value: frames[key], baseline: still[key] });
    return [
      { name: `page: frame time, p50 ${text}`, ...baseline('p50') },
      { name: `page: frame time, p95 ${text}`, ...baseline('p95') },
      { name: `page: worst gap between frames ${text}`, ...baseline('worst'), goal: '≤ 50' },
      { name: `page: ${PODS} pods Ready`, value: wall, unit: 's' },
      { name: `page: ${PODS} pods Ready, virtual time`, value: frames.virtual, unit: 's' },
    ];
  });

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
