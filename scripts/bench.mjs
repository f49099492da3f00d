// `npm run bench -- [--against COMMIT] [PART …]`: how fast it is, one JSON line per figure.
//
// A figure's baseline is, with --against, the same figure of that commit, measured in turn with this one; else what it is
// naturally compared with: the page at rest, the in-thread placement, Debian's etcd. $RUNS (3): medians of so many.
import { gzipSync } from 'node:zlib';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree, treeOf } from './bench/against.mjs';
import { readJson } from './bench/child.mjs';
import { door, etcd } from './bench/door.mjs';
import { boot, idle, pods, withPage } from './bench/page.mjs';
import { ensureBuild, ensurePackages, fail, root } from './setup.mjs';

const RUNS = Number(process.env['RUNS'] ?? 3);
/** Two trees' pages at once never share a port. */
const PORT = 4397;

/** A part measures one tree once; `etcd` and `once` are of no tree, or too long for more than one run. */
const parts = {
  size: { measure: sizes, once: true },
  cycles: { measure: kernel('cycles') },
  writes: { measure: kernel('writes') },
  idle: { measure: kernel('idle') },
  scheduled: { measure: kernel('scheduled') },
  nodes: { measure: kernel('nodes'), once: true },
  door: { measure: door, beside: etcd },
  boot: { measure: page(boot) },
  pages: { measure: page(idle) },
  pods: { measure: page(pods) },
};

const { wanted, against } = readArguments(process.argv.slice(2));
ensurePackages();
const there = against === undefined ? undefined : treeOf(against);
try {
  for (const name of wanted) {
    try {
      await measurePart(parts[name]);
    } catch (error) {
      // The other figures are still worth having.
      console.error(`${name}: ${error.message}`);
      process.exitCode = 1;
    }
  }
} finally {
  if (there !== undefined) removeTree(there);
}

function readArguments(words) {
  const wanted = [];
  let against;
  for (let i = 0; i < words.length; i++) {
    if (words[i] === '--against') against = words[++i] ?? fail('--against needs a commit');
    else if (Object.hasOwn(parts, words[i])) wanted.push(words[i]);
    else fail(`usage: npm run bench -- [--against COMMIT] [${Object.keys(parts).join('] [')}]`);
  }
  return { wanted: wanted.length === 0 ? Object.keys(parts) : wanted, against };
}

async function measurePart({ measure, beside, once }) {
  const here = new Map();
  const earlier = new Map();
  for (let round = 0; round < (once === true ? 1 : RUNS); round++) {
    const other = await beside?.();
    if (beside !== undefined && other === undefined && round === 0)
      console.error('etcd is not installed (apt-get install etcd-server): not compared with it');
    const found = await measure(root);
    collect(here, [...(other ?? []), ...compared(found, other)]);
    if (there !== undefined) collect(earlier, await measureEarlier(measure, round));
  }
  for (const [name, values] of here) report(name, values, earlier.get(name));
}

/** An earlier commit need not have everything that is measured now. */
async function measureEarlier(measure, round) {
  try {
    return await measure(there);
  } catch (error) {
    if (round === 0) console.error(`not measured at ${against}: ${error.message}`);
    return [];
  }
}

/** Rates of the door stand beside etcd's: creates beside puts, gets beside ranges. */
function compared(found, other) {
  const rates = found.filter(({ unit }) => unit === '1/s');
  return found.map((figure) => {
    const baseline = other?.[rates.indexOf(figure)]?.value;
    return baseline === undefined ? figure : { ...figure, baseline };
  });
}

function collect(into, figures) {
  for (const figure of figures) into.set(figure.name, [...(into.get(figure.name) ?? []), figure]);
}

function report(name, figures, earlier) {
  const [{ unit, goal }] = figures;
  const value = medianOf(figures, 'value');
  const baseline = earlier === undefined ? medianOf(figures, 'baseline') : medianOf(earlier, 'value');
  const beside = baseline === undefined ? {} : { baseline: round(baseline), ratio: round(value / baseline) };
  console.log(JSON.stringify({ name, value: round(value), unit, ...beside, ...(goal === undefined ? {} : { goal }) }));
}

function medianOf(figures, key) {
  const values = figures.map((figure) => figure[key]).filter(Number.isFinite);
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function round(value) {
  return Math.round(value * 100) / 100;
}

function kernel(part) {
  return (tree) =>
    readJson(process.execPath, [join(tree, 'scripts', 'run.mjs'), 'src/cluster/bench.ts', part], { cwd: tree });
}

function page(measure) {
  return (tree) => withPage(tree, tree === root ? PORT : PORT + 1, measure);
}

/** What a browser loads: code is not shared between workers, so each counts. */
function sizes(tree) {
  if (tree !== root) throw new Error('only this commit is built here');
  ensureBuild();
  const assets = join(tree, 'dist', 'assets');
  return readdirSync(assets)
    .filter((file) => file.endsWith('.js'))
    .map((file) => ({ file, size: gzipSync(readFileSync(join(assets, file))).length / 1000 }))
    .filter(({ size }) => size > 10)
    .map(({ file, size }) => ({
      name: `bundle: ${file.replace(/-[\w-]{8}\.js$/, '')}, gzip`,
      value: size,
      unit: 'KB',
    }));
}
