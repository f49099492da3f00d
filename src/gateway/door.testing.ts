import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { DoorInput, DoorOutput } from '../api/door.ts';
import { DoorServer, type DoorLimits } from './door-server.ts';
import { listenLocally } from './listen.ts';
import { Upgrades } from './upgrade.ts';

const TOKEN = 'secret-of-the-test';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A door with nothing behind it: a test sees every input, and answers as the cluster would. */
export class BareDoor {
  readonly inputs: DoorInput[] = [];
  readonly server: DoorServer;
  port = 0;
  backlog = 0;
  /** What a request is answered with at once; undefined: it waits. */
  answers: (input: Extract<DoorInput, { t: 'request' }>) => DoorOutput | undefined = ({ id, path }) =>
    path.startsWith('/now') ? { t: 'answer', id, status: 200, headers: {}, body: path } : undefined;
  readonly #seen = new Set<() => void>();

  constructor(limits: Partial<DoorLimits> = {}) {
    this.server = new DoorServer(
      { send: (input) => this.#take(input), closed: () => undefined, backlog: () => this.backlog },
      TOKEN,
      limits,
    );
    new Upgrades(this.server);
  }

  static async open(limits?: Partial<DoorLimits>): Promise<BareDoor> {
    const door = new BareDoor(limits);
    door.port = await listenLocally(door.server.server, 0);
    return door;
  }

  say(output: DoorOutput): void {
    this.server.hear(`${JSON.stringify(output)}\n`);
  }

  /** Resolves with the first input, seen or to come, that is as wanted. */
  async input<T extends DoorInput['t']>(
    kind: T,
    wanted: (input: Extract<DoorInput, { t: T }>) => boolean = () => true,
  ): Promise<Extract<DoorInput, { t: T }>> {
    const isKind = (input: DoorInput): input is Extract<DoorInput, { t: T }> => input.t === kind;
    for (;;) {
      const found = this.inputs.filter(isKind).find(wanted);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#seen.add(resolve));
    }
  }

  async count(kind: DoorInput['t'], count: number): Promise<void> {
    while (this.inputs.filter(({ t }) => t === kind).length < count)
      await new Promise<void>((resolve) => this.#seen.add(resolve));
  }

  /** A whole exchange, on a connection of its own. */
  ask(
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { method = 'GET', headers = {}, body } = options;
      const to = { host: '127.0.0.1', port: this.port, path: `/${TOKEN}${path}`, method, headers, agent: false };
      const sent = request(
        to,
        (response) =>
          void textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, body: text }), reject),
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** A connection on which a test says what it likes, and does not read. */
  raw(text = ''): Socket {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    socket.pause();
    if (text !== '') socket.write(text);
    return socket;
  }

  /** A request's head up to its empty line. */
  head(line: string, ...headers: string[]): string {
    const [method, path] = line.split(' ');
    return [`${method} /${TOKEN}${path} HTTP/1.1`, 'host: localhost', ...headers, '', ''].join('\r\n');
  }

  url(path: string): string {
    return `ws://127.0.0.1:${this.port}/${TOKEN}${path}`;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  #take(input: DoorInput): void {
    this.inputs.push(input);
    const answer = input.t === 'request' ? this.answers(input) : undefined;
    // As from a cluster: not before the request is known to be under way.
    if (answer !== undefined) setImmediate(() => this.say(answer));
    for (const seen of this.#seen) seen();
    this.#seen.clear();
  }
}

export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    socket.once('close', () => resolve());
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of response) text += String(piece);
  return text;
}
