import { describe, expect, it } from 'vitest';
import { SECOND, type Program } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { serveHttp } from '../../sim/http-server.ts';
import { createSim, type Sim } from '../../sim/testing.ts';
import { loadBalancer } from './load-balancer.ts';

/** Answers with its host's name. */
const server: Program = (env) => {
  serveHttp(env, '0.0.0.0:6443', (exchange) => exchange.respond(200, env.host));
};
/** Asks over a new connection for every line of input. */
const client: Program = (env) => {
  env.onInput(() =>
    env.spawn(async () => {
      const http = createHttpClient(env, '10.0.0.10:6443', { timeout: 3 * SECOND });
      try {
        env.print(`${(await http.request({ method: 'GET', path: '/' })).body}\n`);
      } catch (error) {
        env.print(`${error instanceof Error ? error.message : ''}\n`);
      }
      http.close();
    }),
  );
};

function start(): Sim {
  return createSim({
    programs: { server, client, 'load-balancer': loadBalancer },
    hosts: [
      {
        name: 'balancer',
        ip: '10.0.0.10',
        run: {
          'load-balancer': {
            argv: ['--listen=10.0.0.10:6443', '--backend=10.0.0.11:6443', '--backend=10.0.0.12:6443'],
          },
        },
      },
      { name: 'a', ip: '10.0.0.11', run: { server: {} } },
      { name: 'b', ip: '10.0.0.12', run: { server: {} } },
      { name: 'laptop', ip: '10.0.0.2', run: { client: {} } },
    ],
  });
}

async function ask(sim: Sim, times: number): Promise<string[]> {
  const before = sim.output('laptop/client').length;
  for (let i = 0; i < times; i++) {
    sim.input('laptop/client', 'go');
    await sim.runFor(4 * SECOND);
  }
  return sim.output('laptop/client').slice(before).trim().split('\n');
}

describe('the load balancer', () => {
  it('takes healthy backends in turn', async () => {
    const sim = start();
    await sim.runFor(10 * SECOND);
    expect((await ask(sim, 4)).sort()).toEqual(['a', 'a', 'b', 'b']);
  });

  it('leaves a dead machine out after three failed checks, and takes it back', async () => {
    const sim = start();
    await sim.runFor(10 * SECOND);
    sim.fault('power-off a');
    await sim.runFor(20 * SECOND);
    expect(await ask(sim, 3)).toEqual(['b', 'b', 'b']);
    sim.fault('power-on a');
    await sim.runFor(10 * SECOND);
    expect(new Set(await ask(sim, 4))).toEqual(new Set(['a', 'b']));
  });

  it('without any healthy backend, closes at once', async () => {
    const sim = start();
    await sim.runFor(10 * SECOND);
    sim.fault('power-off a');
    sim.fault('power-off b');
    await sim.runFor(20 * SECOND);
    expect((await ask(sim, 1))[0]).toMatch(/reset|refused/);
  });
});
