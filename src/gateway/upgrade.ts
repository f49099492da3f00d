import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { textToBytes } from '../lib/byte-text.ts';
import { isUpgradeOnly, UNREAD_LIMIT, type DoorServer } from './door-server.ts';
import { serveForward } from './forward-streams.ts';
import { asBytes, serveRemoteCommand } from './remote-command.ts';
import { COMMAND_PROTOCOL, serveSpdyCommand } from './spdy-command.ts';
import { FORWARD_PROTOCOL, serveSpdyForward, TUNNEL_PROTOCOL } from './spdy-forward.ts';
import { statusBody } from './status-body.ts';

/** A message from a client of at most this: what kubectl sends is 32 KiB. */
const MESSAGE_LIMIT = 1024 * 1024;

const COMMAND_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const FORWARD_PROTOCOLS = ['v4.channel.k8s.io'];

/** TUNNEL_PROTOCOL to the WebSocket library. */
const TUNNEL_NAME = 'spdy-portforward.k8s.io';

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Below the token, with the query. */
  readonly path: string;
}

/** exec, attach and port-forward over WebSocket. */
export class Upgrades {
  readonly #door: DoorServer;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_LIMIT,
    handleProtocols: (offered) =>
      [TUNNEL_NAME, ...COMMAND_PROTOCOLS, ...FORWARD_PROTOCOLS].find((protocol) => offered.has(protocol)) ?? false,
  });

  constructor(door: DoorServer) {
    this.#door = door;
    dropSilent(this.#sockets, door.limits.pingTime, door.server);
    this.#sockets.on('headers', (headers) => {
      const at = headers.indexOf(`Sec-WebSocket-Protocol: ${TUNNEL_NAME}`);
      if (at >= 0) headers[at] = `Sec-WebSocket-Protocol: ${TUNNEL_PROTOCOL}`;
    });
    door.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      const admitted = door.admit(request);
      if ('code' in admitted) reject(socket, admitted.code, statusBody(admitted.code, admitted.message));
      else this.#upgrade({ request, socket, head, path: admitted.path });
    });
  }

  #upgrade(upgrade: Upgrade): void {
    const { request, socket, path } = upgrade;
    if (!isUpgradeOnly(path)) return reject(socket, 400, statusBody(400, 'this request cannot be upgraded'));
    const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    const asksFor = request.headers.upgrade?.toLowerCase();
    const forward = path.split('?')[0]?.endsWith('/portforward') ?? false;
    if (asksFor === 'spdy/3.1') return forward ? this.#spdy(upgrade) : this.#spdyCommand(upgrade);
    if (forward && asksFor === 'websocket' && protocols.includes(TUNNEL_PROTOCOL)) return this.#tunnel(upgrade);
    const known = forward ? FORWARD_PROTOCOLS : COMMAND_PROTOCOLS;
    if (asksFor !== 'websocket' || !protocols.some((name) => known.includes(name)))
      return reject(socket, 400, statusBody(400, `unable to upgrade: ${known.join(', ')} are spoken here`));
    if (forward) serveForward(this.#door, upgrade, (then) => this.#accept(upgrade, then));
    else serveRemoteCommand(this.#door, upgrade, (then) => this.#accept(upgrade, then));
  }

  /** SPDY in WebSocket messages: kubectl's first try. */
  #tunnel(upgrade: Upgrade): void {
    const { request, socket, path } = upgrade;
    // The library takes no name with a slash, which upstream's has: it is put back into the answer.
    request.headers['sec-websocket-protocol'] = TUNNEL_NAME;
    this.#accept(upgrade, (client) => {
      const spdy = serveSpdyForward(this.#door, request, path, {
        send: (bytes) => {
          if (client.bufferedAmount > UNREAD_LIMIT) client.terminate();
          else client.send(bytes);
        },
        close: () => client.close(1000),
      });
      client.on('error', () => client.terminate());
      client.on('message', (message) => spdy.receive(asBytes(message)));
      socket.once('close', () => spdy.lost());
    });
  }

  /** SPDY after an HTTP upgrade, as clients before it had WebSocket. */
  #spdy({ request, socket, head, path }: Upgrade): void {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${FORWARD_PROTOCOL}\r\n\r\n`,
    );
    const spdy = serveSpdyForward(this.#door, request, path, {
      send: (bytes) => {
        if (socket.writableLength > UNREAD_LIMIT) socket.destroy();
        else socket.write(bytes);
      },
      close: () => socket.end(),
    });
    socket.on('data', (bytes: Buffer) => spdy.receive(bytes));
    socket.once('close', () => spdy.lost());
    if (head.length > 0) spdy.receive(head);
  }

  #spdyCommand(upgrade: Upgrade): void {
    const offered = String(upgrade.request.headers['x-stream-protocol-version'] ?? '');
    if (offered.split(',').some((name) => name.trim() === COMMAND_PROTOCOL))
      return serveSpdyCommand(this.#door, upgrade);
    reject(upgrade.socket, 403, statusBody(403, `unable to upgrade: ${COMMAND_PROTOCOL} is spoken here`));
  }

  #accept({ request, socket, head }: Upgrade, then: (client: WebSocket) => void): void {
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      this.#sockets.emit('connection', client, request);
      then(client);
    });
  }
}

/** Of a half-open connection nothing tells that its other end is gone: pings all that are connected again and again while the server is open, and ends those that have not answered the last time. */
export function dropSilent(sockets: WebSocketServer, interval: number, server: EventEmitter): void {
  const answered = new WeakSet<WebSocket>();
  const timer = setInterval(() => {
    for (const client of sockets.clients) {
      if (!answered.delete(client)) client.terminate();
      else client.ping();
    }
  }, interval);
  timer.unref();
  sockets.on('connection', (client) => {
    answered.add(client);
    client.on('pong', () => answered.add(client));
  });
  server.once('close', () => clearInterval(timer));
}

/** Accepts the client's WebSocket. */
export type Accept = (then: (client: WebSocket) => void) => void;

/** Answers an upgrade with an ordinary error. */
export function reject(socket: Duplex, code: number, body: string, contentType = 'application/json'): void {
  if (socket.destroyed) return;
  const bytes = textToBytes(body);
  socket.write(
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\ncontent-type: ${contentType}\r\ncontent-length: ${bytes.length}\r\nconnection: close\r\n\r\n`,
  );
  // The client has its answer, or will not read it: nothing else tells when to let go of a socket that left HTTP.
  socket.end(bytes, () => socket.destroy());
  setTimeout(() => socket.destroy(), REJECT_TIME).unref();
}

const REJECT_TIME = 5_000;
