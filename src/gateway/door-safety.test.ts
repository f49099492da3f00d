import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { encodeFrame } from '../sim/http-frame.ts';
import { UNREAD_LIMIT, type DoorLimits } from './door-server.ts';
import { BareDoor, closed } from './door.testing.ts';

let door: BareDoor;
afterEach(() => door.close());

async function open(limits: Partial<DoorLimits> = {}): Promise<void> {
  door = await BareDoor.open(limits);
}

/** Whatever one client does, another is answered. */
async function othersAreAnswered(): Promise<void> {
  expect(await door.ask('/now/others')).toEqual({ status: 200, body: '/now/others' });
}

const TOO_MANY = {
  kind: 'Status',
  reason: 'TooManyRequests',
  code: 429,
  message: 'Too many requests, please try again later.',
};

describe('what a client may take', () => {
  it('more connections than the limit are refused; those that are there go on', async () => {
    await open({ connections: 3 });
    const first = door.raw(door.head('GET /now/first'));
    await door.input('request');
    const idle = [door.raw(), door.raw()];
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const refused = door.raw(door.head('GET /now/refused')).resume();
    await closed(refused);
    first.write(door.head('GET /now/again'));
    await door.input('request', ({ path }) => path === '/now/again');
    idle[0]?.destroy();
    await expect.poll(() => door.ask('/now/next').catch(() => undefined)).toMatchObject({ status: 200 });
    expect(door.inputs.some((input) => input.t === 'request' && input.path === '/now/refused')).toBe(false);
    first.destroy();
    idle[1]?.destroy();
  });

  it('more requests at once than the limit: 429, and no input; each that ends makes room', async () => {
    await open({ open: 2 });
    const waiting = [door.ask('/wait/1'), door.ask('/wait/2')];
    await door.count('request', 2);
    const { status, body } = await door.ask('/now/third');
    expect(status).toBe(429);
    expect(JSON.parse(body)).toMatchObject(TOO_MANY);
    expect(door.inputs).toHaveLength(2);
    const { id } = await door.input('request');
    door.say({ t: 'answer', id, status: 200, headers: {}, body: 'ok' });
    await Promise.race(waiting);
    await othersAreAnswered();
    const rest = door.inputs.filter((input) => input.t === 'request').map((input) => input.id);
    for (const left of rest) door.say({ t: 'answer', id: left, status: 200, headers: {}, body: 'ok' });
    await Promise.all(waiting);
  });

  it('one connection cannot have them all by asking ahead', async () => {
    await open({ openPerConnection: 2 });
    const greedy = door.raw(door.head('GET /wait').repeat(10));
    await door.count('request', 2);
    await othersAreAnswered();
    expect(door.inputs.filter((input) => input.t === 'request' && input.path === '/wait')).toHaveLength(2);
    greedy.destroy();
  });

  it('bodies that wait for the cluster together: 429 at the limit', async () => {
    await open({ waitingBytes: 1_000 });
    const big = { method: 'POST', body: 'x'.repeat(600) };
    const first = door.ask('/wait/1', big);
    const { id } = await door.input('request');
    expect(JSON.parse((await door.ask('/wait/2', big)).body)).toMatchObject(TOO_MANY);
    await othersAreAnswered();
    door.say({ t: 'answer', id, status: 200, headers: {}, body: 'ok' });
    await first;
    expect(await door.ask('/now/after', big)).toMatchObject({ status: 200 });
  });

  it('credentials and cookies are not passed on', async () => {
    await open();
    const headers = { authorization: 'Bearer abc', cookie: 'a=abc', 'x-forwarded-for': 'abc', 'user-agent': 'k' };
    await door.ask('/now', { headers });
    expect((await door.input('request')).headers).toEqual({ 'user-agent': 'k' });
    expect(JSON.stringify(door.inputs)).not.toContain('abc');
  });
});

describe('clients that stop half-way', () => {
  it('a head that never ends, and a body that never comes, are given up', async () => {
    await open({ headTime: 60, requestTime: 120, checkTime: 20 });
    const head = door.raw(`GET /`).resume();
    const slow = setInterval(() => head.write('x'), 10);
    const body = door.raw(`${door.head('POST /wait', 'content-length: 10')}half`).resume();
    await othersAreAnswered();
    await Promise.all([closed(head), closed(body)]);
    clearInterval(slow);
    expect(door.inputs.filter((input) => input.t === 'request' && input.path === '/wait')).toEqual([]);
  });

  it('an answer that nobody reads is given up', async () => {
    await open({ readTime: 60 });
    const socket = door.raw(door.head('GET /wait'));
    const { id, conn } = await door.input('request');
    door.say({ t: 'answer', id, status: 200, headers: {}, body: 'x'.repeat(32 * 1024 * 1024) });
    await othersAreAnswered();
    await door.input('gone', (input) => input.conn === conn);
    socket.destroy();
  });

  it('a WebSocket that was asked for and left before it was there is an input', async () => {
    await open();
    const asked = door.raw(door.head('GET /api/v1/namespaces/a/pods/b/exec?command=sh', ...HANDSHAKE));
    const { id, conn } = await door.input('request');
    asked.resetAndDestroy();
    expect(await door.input('cancel')).toMatchObject({ id });
    expect(await door.input('gone')).toEqual({ t: 'gone', conn });
  });

  it('a WebSocket that answers no ping is ended; one that does stays', async () => {
    await open({ pingTime: 40 });
    door.answers = ({ id }) => ({ t: 'head', id, status: 200, headers: {} });
    const path = '/api/v1/namespaces/a/pods/b/exec?command=sh&stdout=true';
    const alive = new WebSocket(door.url(path), ['v5.channel.k8s.io']);
    let pings = 0;
    alive.on('ping', () => pings++);
    await new Promise((resolve) => alive.once('open', resolve));
    const silent = door.raw(door.head(`GET ${path}`, ...HANDSHAKE)).resume();
    await closed(silent);
    expect(await door.input('gone')).toBeDefined();
    const seen = pings;
    await expect.poll(() => pings).toBeGreaterThan(seen);
    expect(alive.readyState).toBe(WebSocket.OPEN);
    alive.terminate();
  });
});

const HANDSHAKE = [
  'connection: Upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
  'sec-websocket-protocol: v4.channel.k8s.io',
];

describe('clients that do not read what they asked for', () => {
  const piece = 'x'.repeat(1024 * 1024);
  const pieces = 2 + UNREAD_LIMIT / piece.length;

  it.each([
    ['a watch', '/wait', [], () => piece],
    ['the output of a command', '/api/v1/namespaces/a/pods/b/exec?command=sh', HANDSHAKE, () => piece],
    [
      'a forwarded port',
      '/api/v1/namespaces/a/pods/b/portforward?ports=80',
      HANDSHAKE,
      (i: number) => (i === 0 ? encodeFrame({ t: 'head', s: 1, c: 200 }) : encodeFrame({ t: 'data', s: 1 }, piece)),
    ],
  ])('%s: cut off at a limit, as an input', async (_name, path, headers, data) => {
    await open();
    const socket = door.raw(door.head(`GET ${path}`, ...headers));
    const { id, conn } = await door.input('request');
    door.say({ t: 'head', id, status: 200, headers: {} });
    await new Promise((resolve) => socket.once('readable', resolve).read(0));
    // A masked message on channel 0: what is asked of the forwarded port.
    if (path.includes('portforward')) socket.write(masked('\0GET / HTTP/1.1\r\n\r\n'));
    if (path.includes('portforward')) await door.input('data');
    for (let i = 0; !door.inputs.some(({ t }) => t === 'cancel' || t === 'gone'); i++) {
      if (i > 40 * pieces) throw new Error('it was never cut off');
      door.say({ t: 'data', id, channel: path.includes('portforward') ? 0 : 1, data: data(i) });
      await new Promise(setImmediate);
    }
    await othersAreAnswered();
    await door.input('gone', (input) => input.conn === conn);
    socket.destroy();
  });
});

it('a client that sends faster than the cluster takes it is not read from meanwhile; nothing is lost', async () => {
  await open();
  door.answers = ({ id, path }) =>
    path.startsWith('/now')
      ? { t: 'answer', id, status: 200, headers: {}, body: path }
      : { t: 'head', id, status: 200, headers: {} };
  const client = new WebSocket(door.url('/api/v1/namespaces/a/pods/b/exec?command=cat&stdin=true'), [
    'v5.channel.k8s.io',
  ]);
  await new Promise((resolve) => client.once('open', resolve));
  door.backlog = Infinity;
  const piece = Buffer.alloc(512 * 1024, 0);
  for (let i = 0; i < 100; i++) client.send(piece);
  await door.input('data');
  for (let i = 0; i < 100; i++) await othersAreAnswered();
  expect(client.bufferedAmount).toBeGreaterThan(0);
  door.backlog = 0;
  await door.count('data', 100);
  client.terminate();
});

/** A WebSocket's text, with a mask of zeros. */
function masked(text: string): Buffer {
  return Buffer.concat([Buffer.of(0x82, 0x80 | text.length, 0, 0, 0, 0), Buffer.from(text)]);
}
