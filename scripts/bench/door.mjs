// Our API through the door, and Debian's etcd through its JSON gateway: the same client, connections and size of values.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJson, start, startLine, stop } from './child.mjs';

const WIDTH = 32;
const CREATES = 4_000;
const GETS = 8_000;
const WARM_UP = 500;
const MEMBERS = 3;
const client = join(dirname(fileURLToPath(import.meta.url)), 'load.mjs');
const over = `${WIDTH} connections`;

async function load(url, what, count) {
  const [found] = await readJson(process.execPath, [client, url, what, String(count), String(WIDTH)]);
  if (found.failed > 0) throw new Error(`${found.failed} of ${count} failed: ${what}`);
  return found;
}

/** `npm run serve -- --speed max` of a tree. */
export async function door(tree) {
  const scratch = mkdtempSync(join(tmpdir(), 'kubarium-bench-'));
  const flags = ['--speed', 'max', '--kubeconfig', join(scratch, 'kubeconfig')];
  const { child, match } = await startLine(
    process.execPath,
    [join(tree, 'scripts', 'run.mjs'), 'src/gateway/serve.ts', ...flags],
    /"server":"([^"]+)"/,
    { cwd: tree, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  try {
    const figures = [];
    for (const [what, count, text, goal] of [
      ['create', CREATES, 'creates', '≥ 1000'],
      ['get', GETS, 'gets', '≥ 2500'],
    ]) {
      await load(match[1], what, WARM_UP);
      const before = cpuSeconds(child.pid);
      const { rate, p50, p99 } = await load(match[1], what, count);
      const cpu = cpuSeconds(child.pid) - before;
      figures.push({ name: `door: ${text} of a ConfigMap, ${over}`, value: rate, unit: '1/s', goal });
      figures.push({ name: `door: ${text}, CPU of the server for one`, value: (cpu * 1e6) / count, unit: 'µs' });
      figures.push({ name: `door: ${text}, time of an answer, p50`, value: p50, unit: 'ms' });
      figures.push({ name: `door: ${text}, time of an answer, p99`, value: p99, unit: 'ms' });
    }
    return figures;
  } finally {
    await stop(child);
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** As soon as the address answers so; not for ever. */
async function healthy(url) {
  for (let attempt = 0; attempt < 150; attempt++) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${url} does not answer`);
}

/** Of a process and all its threads, as Linux counts it (hundredths); NaN elsewhere. */
function cpuSeconds(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

/** Three members on this machine, with its disk: undefined when etcd is not installed. */
export async function etcd() {
  const version = /etcd Version: (\S+)/.exec(spawnSync('etcd', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  if (version === undefined) return undefined;
  const scratch = mkdtempSync(join(tmpdir(), 'kubarium-bench-'));
  const members = Array.from({ length: MEMBERS }, (_, index) => ({
    name: `m${index}`,
    client: `http://127.0.0.1:${4930 + 2 * index}`,
    peer: `http://127.0.0.1:${4931 + 2 * index}`,
  }));
  const initial = members.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const children = [];
  try {
    for (const { name, client: own, peer } of members) {
      const flags = ['--name', name, '--data-dir', join(scratch, name), '--initial-cluster', initial];
      flags.push('--listen-client-urls', own, '--advertise-client-urls', own);
      flags.push('--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--logger', 'zap');
      flags.push('--log-level', 'error');
      children.push(start('etcd', flags, { stdio: 'ignore' }));
    }
    const url = members[0].client;
    await healthy(url);
    await load(url, 'put', WARM_UP);
    const puts = await load(url, 'put', CREATES);
    const ranges = await load(url, 'range', GETS);
    const of = `etcd ${version}, ${MEMBERS} members, JSON gateway`;
    return [
      { name: `${of}: puts, ${over}`, value: puts.rate, unit: '1/s' },
      { name: `${of}: ranges of one key, ${over}`, value: ranges.rate, unit: '1/s' },
    ];
  } finally {
    await Promise.all(children.map(stop));
    rmSync(scratch, { recursive: true, force: true });
  }
}
