import { describe, expect, it } from 'vitest';
import { Ports } from '../../api/ports.ts';
import type { Pod } from '../../api/types.gen.ts';
import { MINUTE, SECOND, type Program } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { createSim, type Sim } from '../../sim/testing.ts';
import { registry } from '../registry/registry.ts';
import { imagePrograms } from '../runtime/images/programs.ts';
import { containerRuntime } from '../runtime/runtime.ts';
import { kubelet } from './kubelet.ts';

/** Asks the kubelet's own API from another machine: prints what comes on every channel. */
const asker: Program = (env) => {
  const client = createHttpClient(env, `10.0.0.1:${Ports.kubelet}`, { timeout: 10 * SECOND });
  env.onInput((line) => {
    const [method = '', path = ''] = line.split(' ');
    client.stream(
      { method, path },
      {
        head: ({ status, body }) => env.print(status === 200 ? body : `${status} ${body}`),
        data: (data, channel) => env.print(channel === 3 ? `[${data}]\n` : data),
      },
    );
  });
};

function manifest(name: string, spec: object): [string, string] {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'kube-system' },
    spec: { hostNetwork: true, ...spec },
  };
  return [`/etc/kubernetes/manifests/${name}.yaml`, JSON.stringify(pod)];
}

/** A node whose control plane cannot be reached: it lives by its manifests. */
function nodeOf(files: readonly [string, string][]): Sim {
  return createSim({
    hosts: [
      {
        name: 'node',
        ip: '10.0.0.1',
        files: Object.fromEntries(files),
        init: [
          {
            program: 'containerd',
            name: 'containerd',
            args: { argv: ['--registry=10.0.0.9:5000'] },
            restartAfter: SECOND,
          },
          {
            program: 'kubelet',
            name: 'kubelet',
            args: { argv: ['--hostname-override=node', '--node-ip=10.0.0.1', '--api-servers=10.0.0.9:6443'] },
            restartAfter: SECOND,
          },
        ],
      },
      { name: 'hub', ip: '10.0.0.9', run: { registry: {}, asker: {} } },
    ],
    programs: { ...imagePrograms, containerd: containerRuntime, kubelet, registry, asker },
  });
}

/** When containers of that name began to run, in whole seconds. */
function startsOf(sim: Sim, container: string): number[] {
  const times: number[] = [];
  for (const event of sim.trace) {
    if (
      event.kind === 'note' &&
      event.note.type === 'container' &&
      event.note.container === container &&
      event.note.state === 'running'
    )
      times.push(Math.round(event.at / SECOND));
  }
  return times;
}

async function ask(sim: Sim, line: string): Promise<string> {
  const before = sim.output('hub/asker').length;
  sim.input('hub/asker', line);
  await sim.runFor(3 * SECOND);
  return sim.output('hub/asker').slice(before);
}

const web = manifest('web', { containers: [{ name: 'web', image: 'nginx:1.29' }] });
const crash = manifest('crash', { containers: [{ name: 'crash', image: 'kubarium/crash:1.0' }] });

describe('a kubelet without a control plane', () => {
  it('runs the pods of its manifests and serves their logs and commands', async () => {
    const sim = nodeOf([web]);
    await sim.runFor(10 * SECOND);
    expect(startsOf(sim, 'web')).toEqual([1]);
    expect(await ask(sim, 'GET /containerLogs/kube-system/web-node/web?tailLines=1')).toMatch(
      /start worker process 31\n$/,
    );
    const exec = '/exec/kube-system/web-node/web?command=sh&command=-c&command=hostname%3B%20exit%203&output=1&error=1';
    expect(await ask(sim, `POST ${exec}`)).toMatch(/^node\n\[.*"reason":"NonZeroExitCode".*"message":"3"/);
    expect(await ask(sim, 'GET /containerLogs/kube-system/web-node/other')).toBe(
      '404 container "other" not found in pod "web-node"\n',
    );
    expect(await ask(sim, 'GET /containerLogs/kube-system/none/web')).toBe('404 pod "none" does not exist\n');
  });

  it('restarts a container that ends, after 10, 20, 40 … seconds', async () => {
    const sim = nodeOf([crash]);
    await sim.runFor(4 * MINUTE);
    const starts = startsOf(sim, 'crash');
    // The first restart is at once; each run lasts a second and is noticed within another.
    const gaps = starts.slice(1).map((at, i) => at - (starts[i] ?? 0));
    expect(gaps[0]).toBeLessThanOrEqual(3);
    for (const [i, delay] of [10, 20, 40, 80].entries()) {
      expect(gaps[i + 1]).toBeGreaterThanOrEqual(delay);
      expect(gaps[i + 1]).toBeLessThanOrEqual(delay + 4);
    }
    expect(starts.length).toBe(6);
  });

  it('finds its containers again after its own end, and starts them anew after a power-off', async () => {
    const sim = nodeOf([web]);
    await sim.runFor(10 * SECOND);
    sim.fault('kill node/kubelet');
    await sim.runFor(20 * SECOND);
    sim.fault('kill node/containerd');
    await sim.runFor(20 * SECOND);
    expect(startsOf(sim, 'web')).toHaveLength(1);
    sim.fault('power-off node');
    await sim.runFor(5 * SECOND);
    sim.fault('power-on node');
    await sim.runFor(10 * SECOND);
    expect(startsOf(sim, 'web')).toHaveLength(2);
    const answer: { items: Pod[] } = JSON.parse(await ask(sim, 'GET /pods'));
    const [status] = answer.items[0]?.status?.containerStatuses ?? [];
    expect(status).toMatchObject({
      restartCount: 1,
      ready: true,
      lastState: { terminated: { exitCode: 255, reason: 'Unknown' } },
    });
  });

  it('restarts what fails its liveness probe', async () => {
    const probe = { exec: { command: ['cat', '/tmp/ok'] }, periodSeconds: 2, failureThreshold: 2 };
    const command = [
      'sh',
      '-c',
      'trap "exit 0" TERM; touch /tmp/ok; sleep 10; rm /tmp/ok; while true; do sleep 1; done',
    ];
    const sim = nodeOf([
      manifest('live', { containers: [{ name: 'live', image: 'busybox:1.36', command, livenessProbe: probe }] }),
    ]);
    await sim.runFor(40 * SECOND);
    const starts = startsOf(sim, 'live');
    expect(starts.length).toBeGreaterThanOrEqual(2);
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(12);
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeLessThanOrEqual(20);
  });

  it('answers the same to the same seed', async () => {
    const hashes = await Promise.all(
      [0, 1].map(async () => {
        const sim = nodeOf([web, crash]);
        await sim.runFor(30 * SECOND);
        return sim.hash();
      }),
    );
    expect(hashes[0]).toBe(hashes[1]);
  });
});
