// The kubectl of the laptop beside the real one: the same command lines, the same cluster, the same bytes.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, realKubectl } from './clients.testing.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.start('--workers', '1', '--control-planes', '1');
}, 60_000);
afterAll(() => bench.stop());

/** The two know the cluster by different addresses. */
const asSeen = (text: string): string =>
  text
    .replaceAll(bench.serving.address, 'SERVER')
    .replaceAll('https://10.0.0.10:6443', 'SERVER')
    .replaceAll(bench.folder, 'HOME')
    .replaceAll('/home/user', 'HOME');

/** What differs between two runs of one command: names by chance, times, addresses. */
const settled = (text: string): string =>
  asSeen(text)
    .replace(/\b(left|right)\b/g, 'NS')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, 'TIME')
    .replace(/(resourceVersion: |"resourceVersion": ?)"\d+"/g, '$1RV')
    .replace(/\b10\.(244|9[6-9]|10\d|11[01])\.\d+\.\d+\b/g, 'IP')
    .replace(/\b(kube-api-access|debugger|node-debugger-worker-1)-[a-z0-9]{5}\b/g, '$1-XXXXX')
    .replace(/containerd:\/\/[0-9a-f]{64}/g, 'CONTAINER');

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** Answers of the real kubectl that no cluster has a part in: `$ line`, what followed, and an empty line. */
const RECORDED = 'verbs-recorded.txt';
const recorded = [...read(RECORDED).matchAll(/^\$ (.*)\n([\s\S]*?\n?\[exit \d+\])\n\n/gm)].map(
  ([, line = '', answer = '']) => ({ line, answer }),
);

const ours = async (line: string): Promise<string> => settled(await bench.laptop(line)).trimEnd();

describe('the laptop answers as the real kubectl once did', () => {
  beforeAll(async () => {
    if (process.env['UPDATE'] === undefined || realKubectl === undefined) return;
    let text = '';
    for (const { line } of recorded) text += `$ ${line}\n${settled(await bench.shell(line)).trimEnd()}\n\n`;
    writeFileSync(new URL(RECORDED, import.meta.url), text);
  }, 300_000);

  it.each(recorded)('$line', async ({ line, answer }) => {
    expect(await ours(line)).toBe(answer);
  });
});

/**
 * A line that starts with # says nothing. A line with $NS is run by each in a namespace of its own, one after the other;
 * others change nothing and are run at once.
 */
const live = read('verbs.txt')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

describe.skipIf(realKubectl === undefined)('the laptop answers as the real kubectl does', () => {
  it.each(live)('%s', async (line) => {
    if (line.includes('$NS')) {
      const theirs = settled(await bench.shell(line.replaceAll('$NS', 'left'))).trimEnd();
      expect(await ours(line.replaceAll('$NS', 'right'))).toBe(theirs);
      return;
    }
    const [theirs, own] = await Promise.all([bench.shell(line), ours(line)]);
    expect(own).toBe(settled(theirs).trimEnd());
  });
});
