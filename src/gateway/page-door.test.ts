import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request as ask, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { PageDoor as Names, parseToPage, type ToPage } from '../api/page-door.ts';
import { listenLocally } from './listen.ts';
import { openPageDoor, type PageDoor } from './page-door.ts';

const HTML = '<!doctype html>\n<html>\n  <head>\n  </head>\n</html>\n';

/** A server of a page as `npm start` is one, and what a page of it does. */
let door: PageDoor;
let server: Server;
let port: number;
let kubeconfig: string;

beforeEach(async () => {
  kubeconfig = join(mkdtempSync(join(tmpdir(), 'kubarium-page-')), 'kubeconfig');
  server = createServer((request, response) => response.end(door.html(request, HTML)));
  server.on('upgrade', (request, socket, head) => {
    if (!door.upgrade(request, socket, head)) socket.destroy();
  });
  port = await listenLocally(server, 0);
  door = await openPageDoor({ page: `http://127.0.0.1:${port}/`, kubeconfig });
});

afterEach(async () => {
  await door.close();
  server.closeAllConnections();
  server.close();
});

function html(headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = ask({ host: '127.0.0.1', port, path: '/', headers, agent: false }, (response: IncomingMessage) => {
      let text = '';
      response.on('data', (data: Buffer) => (text += data.toString()));
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject);
    sent.end();
  });
}

const secretIn = (text: string): string | undefined =>
  new RegExp(`<meta name="${Names.meta}" content="(\\w+)" />`).exec(text)?.[1];

class TestPage {
  readonly socket: WebSocket;
  readonly told: ToPage[] = [];
  readonly inputs: string[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      const message = parseToPage(String(data));
      if (message === undefined) this.inputs.push(String(data));
      else this.told.push(message);
      this.#wake();
    });
  }

  static async open(above = 0): Promise<TestPage> {
    const page = new TestPage(socketWith({}, secretIn(await html()) ?? ''));
    await new Promise((resolve, reject) => page.socket.once('open', resolve).once('error', reject));
    page.say({ page: 'open', above });
    return page;
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  standing(): string | undefined {
    return this.told.findLast(({ door: kind }) => kind !== 'clients')?.door;
  }

  becomes(standing: string): Promise<string> {
    return this.until(() => (this.standing() === standing ? standing : undefined));
  }

  request(path: string): Promise<{ readonly id: number; readonly conn: number }> {
    return this.until(() => {
      const text = this.inputs.find((input) => input.includes(`"path":"${path}"`));
      return text === undefined ? undefined : JSON.parse(text);
    });
  }

  async close(): Promise<void> {
    this.socket.close();
    await new Promise((resolve) => this.socket.once('close', resolve));
  }
}

function socketWith(headers: Record<string, string>, secret: string): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${port}${Names.path}`, [Names.protocol, secret], {
    headers: { origin: `http://127.0.0.1:${port}`, ...headers },
  });
}

describe('who may be the page', () => {
  it('only a page that was served to this computer as itself learns the secret', async () => {
    expect(secretIn(await html())).toMatch(/^[0-9a-f]{32}$/);
    expect(secretIn(await html({ 'sec-fetch-dest': 'document', host: `localhost:${port}` }))).toBeDefined();
    expect(await html({ host: 'rebound.example' })).toBe(HTML);
    expect(await html({ 'sec-fetch-dest': 'iframe' })).toBe(HTML);
    expect(await html({ 'sec-fetch-dest': 'empty' })).toBe(HTML);
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port of this computer', { origin: 'http://127.0.0.1:1' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a rebound name', { host: 'rebound.example', origin: 'http://rebound.example' }],
    ['a page with a wrong secret', {}],
  ])('%s: 403', async (name, headers) => {
    const right = secretIn(await html()) ?? '';
    const socket = socketWith(headers, name.includes('wrong') ? right.replace(/./g, '0') : right);
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('open', () => resolve('it was let in'));
      socket.on('error', () => undefined);
    });
    expect(status).toBe(403);
    socket.terminate();
  });

  it('the address of clients is no way to be a page, and what a page says before it has the door is nobody’s', async () => {
    const first = await TestPage.open();
    const second = await TestPage.open();
    await second.becomes('held');
    const asked = fetch(`${door.address}/a`);
    const { id } = await first.request('/a');
    second.socket.send(`{"t":"answer","id":${id},"status":200,"headers":{},"body":"forged"}`);
    second.socket.send('{"page":"open","above":-1}');
    second.socket.send('{"page":');
    await new Promise((resolve) => second.socket.once('pong', resolve).ping());
    first.socket.send(`{"t":"answer","id":${id},"status":200,"headers":{},"body":"true"}`);
    expect(await (await asked).text()).toBe('true');
    await first.close();
    await second.close();
  });
});

describe('one page at a time', () => {
  it('no page: 503, and it says where the page is', async () => {
    const answer = await fetch(`${door.address}/api`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      kind: 'Status',
      reason: 'ServiceUnavailable',
      message: `no page is open: open http://127.0.0.1:${port}/ in a browser`,
    });
  });

  it('a second page waits, takes over, and hands back; what was under way ends at once', async () => {
    const first = await TestPage.open();
    await first.becomes('yours');
    const second = await TestPage.open();
    await second.becomes('held');
    const lost = fetch(`${door.address}/one`);
    await first.request('/one');
    second.say({ page: 'take' });
    await expect(lost).rejects.toThrow();
    await Promise.all([first.becomes('held'), second.becomes('yours')]);
    const watch = await watching(second, '/two');
    await second.close();
    await expect(watch.text()).rejects.toThrow();
    await first.becomes('yours');
    await first.close();
  });

  it('another run of the page ends what was under way in the one before', async () => {
    const page = await TestPage.open();
    const watch = await watching(page, '/one');
    page.say({ page: 'shut' });
    await expect(watch.text()).rejects.toThrow();
    const answer = await fetch(`${door.address}/two`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('about to start another cluster');
    await page.close();
  });

  it('numbers that a recording has used are not used again, not even for connections that outlive the run', async () => {
    const page = await TestPage.open();
    const answered = async (path: string): Promise<{ id: number; conn: number }> => {
      const asked = fetch(`${door.address}${path}`);
      const numbers = await page.request(path);
      page.socket.send(`{"t":"answer","id":${numbers.id},"status":200,"headers":{},"body":"ok"}`);
      await (await asked).text();
      return numbers;
    };
    await answered('/one');
    page.say({ page: 'open', above: 4_000 });
    await new Promise((resolve) => page.socket.once('pong', resolve).ping());
    const { id, conn } = await answered('/two');
    expect(id).toBeGreaterThan(4_000);
    expect(conn).toBeGreaterThan(4_000);
    await page.close();
  });
});

async function watching(page: TestPage, path: string): Promise<Response> {
  const asked = fetch(`${door.address}${path}`);
  const { id } = await page.request(path);
  page.socket.send(`{"t":"head","id":${id},"status":200,"headers":{}}`);
  return asked;
}

describe('what the page is told', () => {
  it('the address, the file and what is in it; who is connected', async () => {
    const page = await TestPage.open();
    await page.becomes('yours');
    expect(page.told[0]).toEqual({
      door: 'yours',
      address: door.address,
      file: kubeconfig,
      kubeconfig: readFileSync(kubeconfig, 'utf8'),
    });
    const watch = await watching(page, '/one');
    await page.until(() => page.told.find((told) => told.door === 'clients' && told.clients === 1 && told.asked === 1));
    await page.close();
    await expect(watch.text()).rejects.toThrow();
  });

  it('the kubeconfig is its owner’s only, whatever was there before', async () => {
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    const before = join(mkdtempSync(join(tmpdir(), 'kubarium-page-')), 'kubeconfig');
    writeFileSync(before, 'old');
    chmodSync(before, 0o644);
    const other = await openPageDoor({ page: '', kubeconfig: before });
    expect(statSync(before).mode & 0o777).toBe(0o600);
    expect(readFileSync(before, 'utf8')).toContain(other.address);
    await other.close();
  });
});
