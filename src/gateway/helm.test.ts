// The real helm, with a small chart of our own: a release is made, changed, taken back and removed.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench } from './clients.testing.ts';

const CHART = join(import.meta.dirname, 'chart');
const helmPath = [process.env['HELM'] ?? '', join(import.meta.dirname, '..', '..', '.cache', 'clients', 'helm')].find(
  (path) => existsSync(path),
);

describe.skipIf(helmPath === undefined)('helm', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.start('--workers', '1', '--control-planes', '1', '--speed', '4');
  }, 120_000);
  afterAll(() => bench.stop());

  function helm(...args: string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], HOME: bench.folder, KUBECONFIG: bench.kubeconfig };
    return new Promise((resolve, reject) => {
      execFile(helmPath ?? '', args, { env, cwd: bench.folder, timeout: 120_000 }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`helm ${args.join(' ')}: ${stdout}${stderr}`)),
      );
    });
  }

  const releases = async (): Promise<unknown> => JSON.parse(await helm('list', '-o', 'json'));
  const get = async (path: string) => (await fetch(`${bench.serving.address}${path}`)).json();
  const deployment = () => get('/apis/apps/v1/namespaces/default/deployments/hi');
  const greeting = async (): Promise<string> =>
    (await get('/api/v1/namespaces/default/configmaps/hi-greeting')).data.greeting;

  it('installs, upgrades, rolls back, lists and uninstalls a release', async () => {
    expect(await helm('install', 'hi', CHART, '--wait', '--timeout', '60s')).toMatch(/STATUS: deployed\nREVISION: 1\n/);
    expect(await releases()).toMatchObject([{ name: 'hi', namespace: 'default', revision: '1', status: 'deployed' }]);
    expect(await deployment()).toMatchObject({
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'meta.helm.sh/release-name': 'hi' },
      },
      status: { readyReplicas: 1 },
    });

    const upgraded = ['--set', 'replicas=2,greeting=moin', '--wait', '--timeout', '60s'];
    expect(await helm('upgrade', 'hi', CHART, ...upgraded)).toMatch(/STATUS: deployed\nREVISION: 2\n/);
    expect(await deployment()).toMatchObject({ spec: { replicas: 2 }, status: { readyReplicas: 2 } });
    expect(await greeting()).toBe('moin');

    expect(await helm('rollback', 'hi', '1', '--wait', '--timeout', '60s')).toContain('Rollback was a success');
    expect(await deployment()).toMatchObject({ spec: { replicas: 1 } });
    expect(await greeting()).toBe('hello');
    const history = JSON.parse(await helm('history', 'hi', '-o', 'json'));
    expect(history.map((each: { status: string }) => each.status)).toEqual(['superseded', 'superseded', 'deployed']);
    expect(await helm('get', 'values', 'hi', '--revision', '2')).toContain('greeting: moin');

    expect(await helm('uninstall', 'hi', '--wait')).toBe('release "hi" uninstalled\n');
    expect(await releases()).toEqual([]);
    expect(await deployment()).toMatchObject({ kind: 'Status', code: 404 });
  }, 240_000);
});
