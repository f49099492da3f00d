import { expect, test } from 'vitest';
import { createSim } from '../sim/testing.ts';
import type { Program } from '../sim/env.ts';
import { SECOND } from '../sim/env.ts';
import { serveHttp } from '../sim/http-server.ts';
import { RpcFailure } from '../sim/http.ts';
import { ApiError } from './client.ts';
import { Pods } from './resources.ts';
import { createRestClient } from './rest-client.ts';

/** Answers every path in its own way, saying who it is. */
const server: Program = (env) => {
  serveHttp(env, '0.0.0.0:6443', (exchange) => {
    const { method, path, headers } = exchange.request;
    env.print(`${method} ${path} ${headers['x-remote-user'] ?? ''}\n`);
    if (path.includes('watch=true')) {
      const stream = exchange.start(200);
      stream.send(JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'a' } }, cause: 'c1' }));
      stream.send(
        JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } }),
      );
    } else if (path.endsWith('/plain')) exchange.respond(503, 'upstream connect error');
    else if (path.endsWith('/pods'))
      exchange.respond(
        200,
        JSON.stringify({ metadata: { resourceVersion: '7' }, items: [{ metadata: { name: 'a' } }] }),
      );
    else
      exchange.respond(
        404,
        JSON.stringify({ kind: 'Status', code: 404, reason: 'NotFound', message: `not on ${env.host}` }),
      );
  });
};

function run(work: Program, hosts = ['cp-1', 'cp-2']) {
  return createSim({
    programs: { server, work },
    hosts: [
      ...hosts.map((name) => ({ name, run: { server: {} } })),
      { name: 'laptop', ip: '10.0.0.2', run: { work: {} } },
    ],
  });
}

test('reads lists, watches and errors as the API means them', async () => {
  const sim = run((env) => {
    const client = createRestClient(env, { servers: ['10.0.0.11:6443'], user: 'system:kube-scheduler' });
    env.spawn(async () => {
      await env.sleep(SECOND);
      const list = await client.list(Pods, { namespace: 'default' });
      env.print(`${list.metadata.resourceVersion} ${list.items[0]?.kind ?? ''}\n`);
      client.watch(
        Pods,
        { resourceVersion: '7' },
        {
          event: (type, object, cause) => env.print(`${type} ${object.metadata.name} ${cause ?? ''}\n`),
          end: (error) => env.print(`end ${error instanceof ApiError ? error.reason : ''}\n`),
        },
      );
      for (const name of ['x', 'plain']) {
        await client.get(Pods, name, 'default').catch((error: unknown) => {
          if (error instanceof ApiError) env.print(`${error.code} ${error.reason} ${error.message}\n`);
        });
      }
    });
  });
  await sim.runFor(10 * SECOND);
  expect(sim.output('laptop/work').trim().split('\n')).toEqual([
    '7 Pod',
    'ADDED a c1',
    'end Expired',
    '404 NotFound not on cp-1',
    '503 ServiceUnavailable the server is currently unable to handle the request (get pods)',
  ]);
  expect(sim.output('cp-1/server')).toContain('GET /api/v1/namespaces/default/pods system:kube-scheduler');
});

test('goes to the next server when one certainly did not take the request, and stays there', async () => {
  const sim = run((env) => {
    const client = createRestClient(env, { servers: ['10.0.0.2:6443', '10.0.0.12:6443'], user: 'u' });
    env.spawn(async () => {
      await env.sleep(SECOND);
      for (let i = 0; i < 2; i++) {
        await client.get(Pods, 'x', 'default').catch((error: unknown) => {
          env.print(`${error instanceof ApiError ? error.message : 'failed'}\n`);
        });
      }
    });
  });
  await sim.runFor(2 * SECOND);
  expect(sim.output('laptop/work')).toBe('not on cp-2\nnot on cp-2\n');
});

test('a request that was on its way when its server died fails with an unknown outcome', async () => {
  const slow: Program = (env) => {
    serveHttp(env, '0.0.0.0:6443', () => undefined);
  };
  const sim = createSim({
    programs: {
      slow,
      work: (env) => {
        const client = createRestClient(env, { servers: ['10.0.0.11:6443'], user: 'u' });
        env.spawn(async () => {
          await env.sleep(SECOND);
          await client.get(Pods, 'x', 'default').catch((error: unknown) => {
            if (error instanceof RpcFailure) env.print(`${error.reason} ${error.definite ? 'definite' : 'unknown'}\n`);
          });
        });
      },
    },
    hosts: [
      { name: 'cp-1', run: { slow: {} } },
      { name: 'laptop', ip: '10.0.0.2', run: { work: {} } },
    ],
  });
  await sim.runFor(2 * SECOND);
  sim.fault('kill cp-1/slow');
  await sim.runFor(SECOND);
  expect(sim.output('laptop/work')).toBe('reset unknown\n');
});

test('asks again when the server says, ten times at most, and a watch likewise', async () => {
  let asked = 0;
  const busy: Program = (env) => {
    serveHttp(env, '0.0.0.0:6443', (exchange) => {
      const { path } = exchange.request;
      const isWatch = path.includes('watch=true');
      if (!isWatch) asked++;
      if (isWatch && env.uptime() > 5 * SECOND)
        exchange.start(200).send(JSON.stringify({ type: 'ADDED', object: POD }));
      else if (path.endsWith('/soon') && env.uptime() > 3 * SECOND) exchange.respond(200, JSON.stringify(POD));
      else exchange.respond(429, 'Too many requests, please try again later.\n', { 'retry-after': '2' });
    });
  };
  const POD = { metadata: { name: 'a' } };
  const sim = createSim({
    programs: {
      busy,
      work: (env) => {
        const client = createRestClient(env, { servers: ['10.0.0.11:6443'], user: 'u' });
        const told = (text: string): void => env.print(`${Math.floor(env.uptime() / SECOND)} ${text}\n`);
        env.spawn(async () => {
          await env.sleep(SECOND);
          const end = (): void => told('end');
          client.watch(Pods, {}, { event: (type, pod) => told(`${type} ${pod.metadata.name}`), end });
          told((await client.get(Pods, 'soon', 'default')).metadata.name);
          asked = 0;
          await client.get(Pods, 'never', 'default').catch((error: unknown) => {
            told(`${error instanceof ApiError ? error.message : ''} after ${asked}`);
          });
        });
      },
    },
    hosts: [
      { name: 'cp-1', run: { busy: {} } },
      { name: 'laptop', ip: '10.0.0.2', run: { work: {} } },
    ],
  });
  await sim.runFor(60 * SECOND);
  expect(sim.output('laptop/work').trim().split('\n')).toEqual([
    '3 a',
    '5 ADDED a',
    '23 the server has received too many requests and has asked us to try again later (get pods) after 11',
  ]);
});
