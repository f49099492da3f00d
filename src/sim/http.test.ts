import { expect, test } from 'vitest';
import { MILLISECOND, SECOND, type Program } from './env.ts';
import { createHttpClient, goReason } from './http-client.ts';
import { serveHttp } from './http-server.ts';
import { RpcFailure } from './http.ts';
import { createSim } from './testing.ts';

const server: Program = (env) => {
  serveHttp(env, '0.0.0.0:80', (exchange) => {
    const { request } = exchange;
    if (request.path === '/silent') return;
    if (request.path === '/stream') {
      const stream = exchange.start(200);
      exchange.on({
        data: (data, channel) => stream.send(`echo ${data}`, channel),
        end: () => stream.end(),
        closed: () => env.print('client went away\n'),
      });
      return;
    }
    exchange.respond(request.path === '/missing' ? 404 : 200, `${request.method} ${request.body}`, { server: 'x' });
  });
};

async function attempt(action: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await action());
  } catch (error) {
    if (error instanceof RpcFailure) return `${error.reason} ${error.definite} ${goReason(error)}`;
    throw error;
  }
}

function ask(path: string, address = '10.0.0.11:80'): Program {
  return (env) => {
    const client = createHttpClient(env, address, { timeout: 5 * SECOND, connectTimeout: 3 * SECOND });
    env.spawn(async () => {
      const request = { method: 'POST', path, body: 'one\ntwo' };
      env.print(await attempt(() => client.request(request)));
      env.print(` at ${env.uptime()}`);
    });
  };
}

async function outcome(program: Program, command?: string): Promise<string> {
  const sim = createSim({
    hosts: [{ name: 'a', run: { server: {} } }, { name: 'b', run: { client: {} } }, { name: 'c' }],
    programs: { server, client: program },
  });
  if (command !== undefined) sim.fault(command);
  await sim.runFor(20 * SECOND);
  return sim.output('b/client');
}

test('a request is answered, its body unharmed', async () => {
  expect(await outcome(ask('/'))).toBe('{"status":200,"headers":{"server":"x"},"body":"POST one\\ntwo"} at 2500');
});

test.each([
  ['/silent', '10.0.0.11:80', 'timeout false context deadline exceeded at 5000500'],
  ['/', '10.0.0.13:80', 'refused true dial tcp 10.0.0.13:80: connect: connection refused at 1500'],
  ['/', '10.0.0.99:80', 'timeout true dial tcp 10.0.0.99:80: i/o timeout at 3000500'],
])('a request to %s at %s fails: %s', async (path, address, expected) => {
  expect(await outcome(ask(path, address))).toBe(expected);
});

test('streams go both ways, and the server learns that the client went away', async () => {
  const program: Program = (env) => {
    const client = createHttpClient(env, '10.0.0.11:80');
    const stream = client.stream(
      { method: 'GET', path: '/stream' },
      { head: ({ status }) => env.print(`${status} `), data: (data, channel) => env.print(`${channel}:${data} `) },
    );
    stream.send('hello', 3);
    env.after(SECOND, () => client.close());
  };
  const sim = createSim({
    hosts: [
      { name: 'a', run: { server: {} } },
      { name: 'b', run: { client: {} } },
    ],
    programs: { server, client: program },
  });
  await sim.runFor(2 * SECOND);
  expect(sim.output('b/client')).toBe('200 3:echo hello ');
  expect(sim.output('a/server')).toBe('client went away\n');
});

test('a cancelled stream ends at the server, while the connection serves on', async () => {
  const program: Program = (env) => {
    const client = createHttpClient(env, '10.0.0.11:80');
    const stream = client.stream({ method: 'GET', path: '/stream' }, { fail: (failure) => env.print(failure.reason) });
    env.after(SECOND, () => stream.cancel());
    env.after(2 * SECOND, () =>
      env.spawn(async () => env.print(String((await client.request({ method: 'GET', path: '/' })).status))),
    );
  };
  const sim = createSim({
    hosts: [
      { name: 'a', run: { server: {} } },
      { name: 'b', run: { client: {} } },
    ],
    programs: { server, client: program },
  });
  await sim.runFor(3 * SECOND);
  expect(sim.output('a/server')).toBe('client went away\n');
  expect(sim.output('b/client')).toBe('200');
  expect(sim.trace.filter((event) => event.kind === 'connection' && event.state === 'open')).toHaveLength(1);
});

test('requests are labelled and coloured in the trace', async () => {
  const program: Program = (env) => {
    const client = createHttpClient(env, '10.0.0.11:80', { protocol: 'etcd' });
    env.spawn(async () => void (await client.request({ method: 'GET', path: '/x' }, { protocol: 'raft' })));
  };
  const sim = createSim({
    hosts: [
      { name: 'a', run: { server: {} } },
      { name: 'b', run: { client: {} } },
    ],
    programs: { server, client: program },
  });
  await sim.runFor(SECOND);
  const packets = sim.trace.flatMap((event) => (event.kind === 'packet' ? [event] : []));
  expect(packets.map(({ from, protocol, label }) => [from, protocol, label?.text, label?.shape])).toEqual([
    ['b/client', 'raft', 'GET /x', 'request'],
    ['a/server', 'etcd', '200', 'answer'],
  ]);
});

test('a killed server breaks requests at once with an unknown outcome', async () => {
  const sim = createSim({
    hosts: [
      { name: 'a', run: { server: {} } },
      { name: 'b', run: { client: {} } },
    ],
    programs: { server, client: ask('/silent') },
  });
  await sim.runFor(500 * MILLISECOND);
  sim.fault('kill a/server');
  await sim.runFor(SECOND);
  expect(sim.output('b/client')).toBe('reset false EOF at 500500');
});
