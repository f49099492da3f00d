import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { bytesToText, textToBytes } from '../lib/byte-text.ts';
import { admit } from './guard.ts';
import { parseDoorOutput, type DoorInput, type DoorOutput } from '../api/door.ts';
import { PROTOBUF, protobufToJson, ProtobufError, UnknownKind } from './protobuf.ts';
import { statusBody } from './status-body.ts';

/** Upstream's MaxRequestBodyBytes: what is longer is refused here and never becomes an input. */
export const BODY_LIMIT = 3 * 1024 * 1024;
/** A client that leaves this much of an answer unread is cut off. */
export const UNREAD_LIMIT = 16 * 1024 * 1024;

/** What all clients together may have, and how long one may take: ms. */
export interface DoorLimits {
  readonly connections: number;
  /** Exchanges at once: over all connections, and over one (of which HTTP/1.1 answers only the first). */
  readonly open: number;
  readonly openPerConnection: number;
  /** Bytes of requests that the run has not answered yet. */
  readonly waitingBytes: number;
  /** To send a request's head, and the whole of it. */
  readonly headTime: number;
  readonly requestTime: number;
  /** Without reading anything of an answer that waits for it. */
  readonly readTime: number;
  /** Between two pings of a WebSocket: one that has not answered the last is gone. */
  readonly pingTime: number;
  /** How often the times of heads and requests are looked at. */
  readonly checkTime: number;
}

export const DOOR_LIMITS: DoorLimits = {
  connections: 1_024,
  open: 4_096,
  openPerConnection: 64,
  waitingBytes: 256 * 1024 * 1024,
  headTime: 15_000,
  requestTime: 60_000,
  readTime: 60_000,
  pingTime: 30_000,
  checkTime: 5_000,
};

/** The way into a run: what is sent becomes an input of it. */
export interface DoorLink {
  send(input: DoorInput): void;
  /** Why no cluster is there now. */
  closed(): string | undefined;
  /** Bytes that were sent and have not got there yet. */
  backlog?(): number;
}

/** With so much on its way, no more is taken from a client that streams; how often it is looked whether it has gone: ms. */
const BACKLOG_LIMIT = 8 * 1024 * 1024;
const BACKLOG_LOOK = 10;

/** What an exchange does with the door's answers. */
export interface Answering {
  hear(output: Exclude<DoorOutput, { readonly t: 'started' }>): void;
  /** The cluster is gone. */
  lost(): void;
}

/** Upstream's words, of max-in-flight and of flow control alike. */
const TOO_MANY = 'Too many requests, please try again later.';

interface Exchange {
  readonly answering: Answering;
  readonly connection: ClientConnection;
}

interface ClientConnection {
  conn: number;
  /** The run has heard of it. */
  known: boolean;
  /** Exchanges that go on over it. */
  open: number;
}

/** One run's side of the real network: turns requests into inputs, and the door's output into answers. */
export class DoorServer {
  readonly server: Server;
  readonly limits: DoorLimits;
  readonly #link: DoorLink;
  readonly #token: string;
  readonly #open = new Map<number, Exchange>();
  readonly #connections = new Map<Duplex, ClientConnection>();
  /** Those that are not read from at present. */
  readonly #held = new Set<Duplex>();
  #waitingBytes = 0;
  #asked = 0;
  #nextId = 1;
  #nextConnection = 1;

  constructor(link: DoorLink, token: string, limits: Partial<DoorLimits> = {}) {
    this.#link = link;
    this.#token = token;
    this.limits = { ...DOOR_LIMITS, ...limits };
    this.server = createServer({
      headersTimeout: this.limits.headTime,
      requestTimeout: this.limits.requestTime,
      connectionsCheckingInterval: this.limits.checkTime,
    });
    this.server.maxConnections = this.limits.connections;
    this.server.on('request', (request, response) => this.handle(request, response));
    this.server.on('checkContinue', (request, response) => this.handle(request, response));
    this.server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** One line or more that the door printed. */
  hear(text: string): void {
    for (const line of text.split('\n')) {
      const output = line === '' ? undefined : parseDoorOutput(line);
      if (output === undefined) continue;
      if (output.t === 'started') this.lose();
      else this.#open.get(output.id)?.answering.hear(output);
    }
  }

  /** All that was going on is lost: the cluster, or its door, started anew. */
  lose(): void {
    const all = [...this.#open];
    for (const [id] of all) this.#forget(id);
    for (const [, { answering }] of all) answering.lost();
  }

  /** Names nothing by these numbers or lower ones: the run has had them. */
  countFrom(above: number): void {
    this.#nextId = Math.max(this.#nextId, above + 1);
    this.#nextConnection = Math.max(this.#nextConnection, above + 1);
    // Connections of clients outlive a run; the next one has not heard of them.
    for (const connection of this.#connections.values()) {
      connection.conn = this.#nextConnection++;
      connection.known = false;
    }
  }

  /** Connections with clients, and the requests that there have been. */
  activity(): { readonly clients: number; readonly asked: number } {
    return { clients: this.#connections.size, asked: this.#asked };
  }

  /** Ends everything at once. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.lose();
      for (const socket of this.#connections.keys()) socket.destroy();
      this.server.closeAllConnections();
    });
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => response.destroy());
    const admitted = this.admit(request);
    if ('code' in admitted) return refuse(request, response, admitted.code, admitted.message);
    const { path } = admitted;
    if (isUpgradeOnly(path)) return refuse(request, response, 400, 'Upgrade request required');
    let held = 0;
    response.on('close', () => (this.#waitingBytes -= held));
    const hold = (more: number): boolean => {
      held += more;
      this.#waitingBytes += more;
      return this.#waitingBytes <= this.limits.waitingBytes;
    };
    readBody(request, response, hold, (bytes) => {
      const body = bodyOf(request, response, bytes);
      if (body !== undefined) this.#ask(request, response, path, body);
    });
  }

  /** The path that is asked for below the token, or why it is not served. */
  admit(request: IncomingMessage): { readonly path: string } | { readonly code: number; readonly message: string } {
    const path = admit(request, this.#token);
    if (path === undefined) return { code: 403, message: 'forbidden: wrong token, Host or Origin' };
    const closed = this.#link.closed();
    if (closed !== undefined) return { code: 503, message: closed };
    if (this.#isFull(request)) return { code: 429, message: TOO_MANY };
    return { path };
  }

  #isFull({ socket }: IncomingMessage): boolean {
    const here = this.#connections.get(socket)?.open ?? 0;
    return this.#open.size >= this.limits.open || here >= this.limits.openPerConnection;
  }

  /** Starts an exchange; returns how to speak further to it. */
  begin(request: IncomingMessage, path: string, body: string, answering: Answering): Speaking {
    const id = this.#nextId++;
    const connection = this.#connectionOf(request.socket);
    const { conn } = connection;
    this.#open.set(id, { answering, connection });
    connection.open++;
    connection.known = true;
    this.#asked++;
    const { method = 'GET' } = request;
    this.#link.send({ t: 'request', id, conn, method, path, headers: passedHeaders(request), body });
    return {
      data: (data, channel) => {
        if (!this.#open.has(id)) return;
        this.#link.send({ t: 'data', id, channel, data });
        this.#holdBack(request.socket);
      },
      end: () => {
        if (this.#open.has(id)) this.#link.send({ t: 'end', id });
      },
      cancel: (why) => {
        if (this.#forget(id)) this.#link.send({ t: 'cancel', id, why });
      },
      over: () => void this.#forget(id),
    };
  }

  #holdBack(socket: Socket): void {
    const isFull = (): boolean => (this.#link.backlog?.() ?? 0) > BACKLOG_LIMIT;
    if (this.#held.has(socket) || !isFull()) return;
    this.#held.add(socket);
    socket.pause();
    const timer = setInterval(() => {
      if (isFull() && !socket.destroyed) return;
      clearInterval(timer);
      this.#held.delete(socket);
      socket.resume();
    }, BACKLOG_LOOK);
  }

  #forget(id: number): boolean {
    const exchange = this.#open.get(id);
    if (exchange === undefined) return false;
    this.#open.delete(id);
    exchange.connection.open--;
    return true;
  }

  #ask(request: IncomingMessage, response: ServerResponse, path: string, body: string): void {
    if (response.destroyed) return;
    // Others may have come first while the body was read.
    if (this.#isFull(request)) return refuse(request, response, 429, TOO_MANY);
    const speaking = this.begin(request, path, body, {
      hear: (output) => answer(response, output, speaking, this.limits),
      lost: () => response.destroy(),
    });
    response.on('close', () => {
      // A connection that is gone says so itself.
      if (response.writableFinished) speaking.over();
      else speaking.cancel('the client went away');
    });
  }

  #connectionOf(socket: Socket): ClientConnection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection: ClientConnection = { conn: this.#nextConnection++, known: false, open: 0 };
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      this.#connections.delete(socket);
      if (connection.known) this.#link.send({ t: 'gone', conn: connection.conn });
    });
    return connection;
  }
}

export interface Speaking {
  data(data: string, channel: number): void;
  end(): void;
  cancel(why: string): void;
  /** The exchange ended in order. */
  over(): void;
}

/** Answers what the door itself decides, in the API's form. What the client still sends is read and dropped. */
export function refuse(request: IncomingMessage, response: ServerResponse, code: number, message: string): void {
  const body = statusBody(code, message);
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
  request.resume();
}

const UPGRADE_ONLY = /^\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+\/(exec|attach|portforward)$/;

export function isUpgradeOnly(path: string): boolean {
  return UPGRADE_ONLY.test(path.split('?')[0] ?? '');
}

/** Headers that mean something to the cluster. Credentials are not among them: they must not end up in a recording. */
const PASSED = new Set(['accept', 'content-type', 'user-agent', 'if-none-match', 'x-stream-protocol-version']);
/** Whom the client wants to be taken for. */
const IMPERSONATION = 'impersonate-';

function passedHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && (PASSED.has(name) || name.startsWith(IMPERSONATION))) headers[name] = String(value);
  }
  return headers;
}

const isProtobuf = (request: IncomingMessage): boolean =>
  request.headers['content-type']?.split(';')[0]?.trim() === PROTOBUF;

/** The body as the cluster reads it: its servers speak JSON, so what clients send in protobuf is translated. */
function bodyOf(request: IncomingMessage, response: ServerResponse, bytes: Buffer): string | undefined {
  if (bytes.length === 0 || !isProtobuf(request)) return bytesToText(bytes);
  try {
    const json = protobufToJson(bytes);
    request.headers['content-type'] = 'application/json';
    return json;
  } catch (error) {
    // The server has the words for a kind that nobody knows.
    if (error instanceof UnknownKind) return '';
    if (!(error instanceof ProtobufError)) throw error;
    refuse(request, response, 400, error.message);
    return undefined;
  }
}

/** Hands on the whole body, or answers 413 as soon as it is known to be too long; 429 when `hold` takes no more. */
function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  hold: (bytes: number) => boolean,
  then: (body: Buffer) => void,
): void {
  const tooLong = (): void => refuse(request, response, 413, `Request entity too large: limit is ${BODY_LIMIT}`);
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) return tooLong();
  if (request.headers.expect !== undefined) response.writeContinue();
  const pieces: Buffer[] = [];
  let length = 0;
  const take = (piece: Buffer): void => {
    length += piece.length;
    const fits = length <= BODY_LIMIT;
    if (fits && hold(piece.length)) {
      pieces.push(piece);
      return;
    }
    request.off('data', take).off('end', finish);
    if (fits) refuse(request, response, 429, TOO_MANY);
    else tooLong();
  };
  const finish = (): void => then(Buffer.concat(pieces));
  // A broken chunk ends the request without an `end`: nothing of it was an input.
  request.on('data', take).on('end', finish);
}

function answer(
  response: ServerResponse,
  output: Exclude<DoorOutput, { readonly t: 'started' }>,
  speaking: Speaking,
  { readTime }: DoorLimits,
): void {
  switch (output.t) {
    case 'answer': {
      const body = textToBytes(output.body);
      speaking.over();
      // Ends the connection when nothing is read for so long; Node sets the time anew when the answer is out.
      response.setTimeout(readTime);
      response.writeHead(output.status, { ...output.headers, 'content-length': body.length });
      response.end(body);
      return;
    }
    case 'head':
      response.writeHead(output.status, output.headers);
      response.flushHeaders();
      return;
    case 'data':
      if (response.writableLength > UNREAD_LIMIT) {
        speaking.cancel(`it left more than ${UNREAD_LIMIT} bytes unread`);
        response.destroy();
        return;
      }
      response.write(textToBytes(output.data));
      return;
    case 'end':
      speaking.over();
      response.end();
      return;
    case 'fail':
      speaking.over();
      if (response.headersSent || !output.definite) response.destroy();
      else {
        const body = statusBody(503, output.text);
        response.writeHead(503, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
        response.end(body);
      }
  }
}
