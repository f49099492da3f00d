import { describe, expect, it } from 'vitest';
import type { Program } from '../../sim/env.ts';
import type { Sim } from '../../sim/testing.ts';
import { MILLISECOND, SECOND } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { RpcFailure } from '../../sim/http.ts';
import { createSim } from '../../sim/testing.ts';
import { etcd } from '../etcd/server/etcd.ts';
import { loadBalancer } from '../load-balancer/load-balancer.ts';
import { kubeApiserver } from './kube-apiserver.ts';
import type { Parsed } from './harness.testing.ts';

/** Sends what it is told to and prints each answer: `<tag> <status> <body>`. */
const client: Program = (env) => {
  env.onInput((text) => {
    const { tag, address, method, path, body, type } = JSON.parse(text) as Order;
    const http = createHttpClient(env, address, { protocol: 'api', timeout: 60 * SECOND });
    const headers = { 'x-remote-user': 'kubernetes-admin', 'content-type': type, 'x-kubarium-causes': '1' };
    if (path.includes('watch=')) {
      http.stream(
        { method, path, headers },
        {
          data: (data) => env.print(`${tag} 200 ${data}`),
          end: () => env.print(`${tag} 0 end\n`),
          fail: ({ reason }) => env.print(`${tag} 0 ${reason}\n`),
        },
      );
      return;
    }
    const send = async (): Promise<void> => {
      try {
        const response = await http.request({ method, path, body, headers });
        env.print(`${tag} ${response.status} ${response.body.trim()}\n`);
      } catch (error) {
        if (!(error instanceof RpcFailure)) throw error;
        env.print(`${tag} 0 ${error.reason}\n`);
      }
      http.close();
    };
    env.because(`typed ${tag}`, () => env.spawn(send));
  });
};

interface Order {
  readonly tag: string;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly type: string;
}

const MEMBERS = [1, 2, 3].map((n) => ({ name: `cp-${n}`, ip: `10.0.0.${10 + n}` }));
const ENDPOINT = '10.0.0.10:6443';

function createCluster(): { sim: Sim; ask: typeof ask } {
  const peers = MEMBERS.map(({ name, ip }) => `${name}=https://${ip}:2380`).join(',');
  const sim = createSim({
    programs: { etcd, 'kube-apiserver': kubeApiserver, 'load-balancer': loadBalancer, client },
    hosts: [
      ...MEMBERS.map(({ name, ip }) => ({
        name,
        ip,
        run: {
          etcd: {
            argv: [
              `--name=${name}`,
              `--initial-cluster=${peers}`,
              `--listen-peer-urls=https://${ip}:2380`,
              `--listen-client-urls=https://127.0.0.1:2379,https://${ip}:2379`,
              `--initial-advertise-peer-urls=https://${ip}:2380`,
            ],
          },
          'kube-apiserver': {
            argv: [
              `--advertise-address=${ip}`,
              `--etcd-servers=${[ip, ...MEMBERS.map((m) => m.ip).filter((other) => other !== ip)].map((each) => `https://${each}:2379`).join(',')}`,
            ],
          },
        },
      })),
      {
        name: 'balancer',
        ip: '10.0.0.10',
        run: {
          'load-balancer': { argv: [`--listen=${ENDPOINT}`, ...MEMBERS.map(({ ip }) => `--backend=${ip}:6443`)] },
        },
      },
      { name: 'laptop', ip: '10.0.0.2', run: { client: {} } },
    ],
  });
  let tags = 0;
  async function ask(
    method: string,
    path: string,
    body?: object,
    address = ENDPOINT,
    type = 'application/json',
  ): Promise<{ status: number; body: Parsed }> {
    const tag = `t${tags++}`;
    sim.input(
      'laptop/client',
      JSON.stringify({ tag, address, method, path, body: body === undefined ? '' : JSON.stringify(body), type }),
    );
    const lines = (): string[] =>
      sim
        .output('laptop/client')
        .split('\n')
        .filter((line) => line.startsWith(`${tag} `));
    await sim.runUntilTrue(() => lines().length > 0, 80 * SECOND);
    const [line = ''] = lines();
    const [, status = '0', ...rest] = line.split(' ');
    const text = rest.join(' ');
    return { status: Number(status), body: text.startsWith('{') ? JSON.parse(text) : text };
  }
  return { sim, ask };
}

const configMaps = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { n: '0' },
});

async function started(): Promise<ReturnType<typeof createCluster>> {
  const cluster = createCluster();
  for (let i = 0; i < 20; i++) {
    await cluster.sim.runFor(SECOND);
    const { status, body } = await cluster.ask('GET', '/readyz');
    if (status !== 200 || body !== 'ok') continue;
    await cluster.sim.runFor(12 * SECOND);
    return cluster;
  }
  throw new Error('the cluster did not become ready');
}

describe('three apiservers over three etcd members behind a balancer', () => {
  it('are one API: what one writes the others read at once', async () => {
    const { ask } = await started();
    expect((await ask('POST', configMaps, configMap('a'), '10.0.0.11:6443')).status).toBe(201);
    for (const { ip } of MEMBERS) {
      const { body } = await ask('GET', configMaps, undefined, `${ip}:6443`);
      expect(body.items.map((item: Parsed) => item.metadata.name)).toContain('a');
    }
    const { body } = await ask('GET', '/api/v1/namespaces/default/endpoints/kubernetes');
    expect(body.subsets[0].addresses.map((each: Parsed) => each.ip)).toEqual(MEMBERS.map(({ ip }) => ip));
  });

  it('let exactly one of two racing writers win on a resourceVersion', async () => {
    const { ask, sim } = await started();
    const { body: made } = await ask('POST', configMaps, configMap('race'));
    const write = (ip: string, n: string): Promise<{ status: number }> =>
      ask('PUT', `${configMaps}/race`, { ...made, data: { n } }, `${ip}:6443`);
    const outcomes = await Promise.all([write('10.0.0.11', '1'), write('10.0.0.12', '2'), write('10.0.0.13', '3')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    await sim.runFor(SECOND);
  });

  it('go on when a control-plane machine dies, and when the balancer has noticed', async () => {
    const { ask, sim } = await started();
    sim.fault('power-off cp-1');
    await sim.runFor(30 * SECOND);
    for (let i = 0; i < 4; i++) expect((await ask('POST', configMaps, configMap(`after-${i}`))).status).toBe(201);
    expect(sim.notes('balancer.backend')).toContainEqual({
      type: 'balancer.backend',
      backend: '10.0.0.11:6443',
      healthy: false,
    });
  });

  it('refuse writes without a quorum and lose nothing that was acknowledged', async () => {
    const { ask, sim } = await started();
    await ask('POST', configMaps, configMap('kept'));
    sim.fault('power-off cp-2');
    sim.fault('power-off cp-3');
    await sim.runFor(2 * SECOND);
    const refused = await ask('POST', configMaps, configMap('lost'), '10.0.0.11:6443');
    expect(refused.status).toBeGreaterThanOrEqual(500);
    expect(refused.body.message).toBe('etcdserver: request timed out');
    sim.fault('power-on cp-2');
    sim.fault('power-on cp-3');
    await sim.runFor(60 * SECOND);
    expect((await ask('GET', `${configMaps}/kept`)).status).toBe(200);
  });

  it('pass a watch through the balancer, with the causes of writes', async () => {
    const { ask, sim } = await started();
    const { body: list } = await ask('GET', configMaps);
    sim.input(
      'laptop/client',
      JSON.stringify({
        tag: 'w',
        address: ENDPOINT,
        method: 'GET',
        path: `${configMaps}?watch=1&resourceVersion=${list.metadata.resourceVersion}`,
        body: '',
        type: 'application/json',
      }),
    );
    await sim.runFor(SECOND);
    await ask('POST', configMaps, configMap('seen'));
    await sim.runFor(100 * MILLISECOND);
    const [line = ''] = sim
      .output('laptop/client')
      .split('\n')
      .filter((each) => each.startsWith('w '));
    expect(JSON.parse(line.slice(6))).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'seen' } },
      cause: expect.stringMatching(/^typed t\d+$/),
    });
  });
});
