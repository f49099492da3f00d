// The kubectl of the laptop beside the real one: the same command lines, the same cluster, the same bytes.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, realKubectl } from './clients.testing.ts';

let bench: Bench;

beforeAll(async () => {
  if (realKubectl !== undefined) bench = await Bench.start('--workers', '1', '--control-planes', '1');
}, 60_000);
afterAll(() => bench?.stop());

/** What both run in their shells: output, errors and the exit code in one text. */
const withCode = (line: string): string => `${line} 2>&1; echo "[exit $?]"`;

function real(line: string): Promise<string> {
  const env = {
    PATH: `${dirname(realKubectl ?? '')}:/usr/bin:/bin`,
    HOME: bench.folder,
    KUBECONFIG: bench.kubeconfig,
    GOGC: 'off',
  };
  return new Promise((resolve) => {
    const child = execFile(
      '/bin/bash',
      ['-c', withCode(line)],
      { env, cwd: bench.folder, timeout: 60_000 },
      (_error, stdout) => resolve(stdout),
    );
    child.stdin?.end();
  });
}

/** The two know the cluster by different addresses. */
const asSeen = (text: string): string =>
  text.replaceAll(bench.serving.address, 'SERVER').replaceAll('https://10.0.0.10:6443', 'SERVER');

/** Lines of `verbs.txt`; an empty line or one that starts with # says nothing. */
const LINES = readFileSync(new URL('verbs.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

describe.skipIf(realKubectl === undefined)('the laptop answers as the real kubectl does', () => {
  it.each(LINES)('%s', async (line) => {
    const [theirs, ours] = await Promise.all([real(line), bench.type(withCode(line))]);
    expect(asSeen(ours)).toBe(asSeen(theirs));
  });
});
