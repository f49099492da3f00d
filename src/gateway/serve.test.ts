import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseRecording } from '../cluster/recording.ts';
import { listenLocally } from './listen.ts';
import { parseServeOptions } from './serve-options.ts';

const RUN = ['scripts/run.mjs', 'src/gateway/serve.ts'];
const SMALL = ['--control-planes', '1', '--workers', '1'];
const folder = mkdtempSync(join(tmpdir(), 'kubarium-serve-'));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

class Serve {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';

  constructor(...flags: readonly string[]) {
    const child = spawn(process.execPath, [...RUN, ...flags]);
    child.stdout.on('data', (data: Buffer) => (this.#stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (this.#stderr += data.toString()));
    this.child = child;
    this.ended = new Promise((resolve) =>
      child.once('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr })),
    );
  }

  /** Resolves when it has printed that, on either. */
  async said(text: string): Promise<string> {
    while (!`${this.#stdout}${this.#stderr}`.includes(text)) {
      await new Promise<void>((resolve, reject) => {
        const seen = (): void => resolve();
        this.child.stdout?.once('data', seen);
        this.child.stderr?.once('data', seen);
        this.child.once('exit', () => reject(new Error(`it ended: ${this.#stderr}`)));
      });
    }
    return this.#stdout;
  }
}

// Bundles it, so that what is measured below is the program.
beforeAll(() => void spawnSync(process.execPath, [...RUN, '--none']), 120_000);

describe('npm run serve', () => {
  it('prints one line of JSON when the cluster is ready, and ends cleanly on SIGTERM with its recording', async () => {
    const [kubeconfig, recording] = [join(folder, 'kubeconfig'), join(folder, 'run.kubarium.json')];
    const flags = ['--token', 'of-the-test', '--kubeconfig', kubeconfig, '--recording', recording, '--speed', 'max'];
    const serve = new Serve(...SMALL, ...flags);
    const stdout = await serve.said('"ready"');
    const ready = JSON.parse(stdout);
    expect(ready).toEqual({
      ready: true,
      server: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/of-the-test$/),
      kubeconfig,
    });
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    expect(readFileSync(kubeconfig, 'utf8')).toContain(`server: ${ready.server}\n`);
    const headers = { authorization: 'Bearer abcdef' };
    const { items } = await (await fetch(`${ready.server}/api/v1/nodes`, { headers })).json();
    expect(items).toHaveLength(2);
    const watch = await fetch(`${ready.server}/api/v1/pods?watch=1`);
    serve.child.kill('SIGTERM');
    await expect(watch.text()).rejects.toThrow();
    const ended = await serve.ended;
    expect({ code: ended.code, lines: ended.stdout.trim().split('\n').length }).toEqual({ code: 0, lines: 1 });
    const saved = readFileSync(recording, 'utf8');
    expect(parseRecording(saved).inputs.length).toBeGreaterThan(1);
    for (const secret of ['abcdef', 'of-the-test']) expect(saved).not.toContain(secret);
  }, 60_000);

  it('ends at once while the cluster boots', async () => {
    const serve = new Serve('--workers', '200', '--kubeconfig', join(folder, 'early'));
    await serve.said('booting');
    serve.child.kill('SIGTERM');
    expect(await serve.ended).toMatchObject({ code: 0, stdout: '' });
  }, 60_000);

  it('says that the port is in use before anything is booted', async () => {
    const other = createServer();
    const port = await listenLocally(other, 0);
    const { code, stdout, stderr } = await new Serve(...SMALL, '--port', String(port)).ended;
    other.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`port ${port} is in use: choose another with --port\n`);
  }, 60_000);
});

describe('the command line', () => {
  it('has defaults for everything', () => {
    expect(parseServeOptions([])).toMatchObject({
      topology: { controlPlanes: 3, workers: 3, door: true },
      seed: 1,
      speed: 1,
      port: 0,
      kubeconfig: undefined,
      token: undefined,
    });
    expect(parseServeOptions(['--speed', 'max', '--seed=7'])).toMatchObject({ speed: Infinity, seed: 7 });
  });

  it.each([
    [['--bogus'], 'unknown argument --bogus\nusage: npm run serve -- '],
    [['serve'], 'unknown argument serve\nusage: '],
    [['--port'], '--port needs a value\nusage: '],
    [['--port', '70000'], '--port must be a whole number up to 65535: got 70000'],
    [['--seed', '-1'], '--seed must be a whole number up to 4294967295: got -1'],
    [['--workers', 'many'], '--workers must be a whole number up to 5000: got many'],
    [['--control-planes', '2'], 'controlPlanes must be one of 1, 3, 5, 7: got 2'],
    [['--speed', '0'], '--speed must be a positive number or max: got 0'],
    [['--token', 'a/b'], '--token must be 1 to 128 letters, digits, ".", "_", "~" or "-"'],
  ])('%j: %s', (words, message) => {
    expect(() => parseServeOptions(words)).toThrow(message);
  });
});
