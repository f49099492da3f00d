import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { bytesToText, textToBytes } from '../lib/byte-text.ts';
import { admit } from './guard.ts';
import { parseDoorOutput, type DoorInput, type DoorOutput } from './protocol.ts';
import { PROTOBUF, protobufToJson, ProtobufError, UnknownKind } from './protobuf.ts';
import { statusBody } from './status-body.ts';

/** Upstream's MaxRequestBodyBytes: what is longer is refused here and never becomes an input. */
export const BODY_LIMIT = 3 * 1024 * 1024;
/** A client that leaves this much of an answer unread is cut off. */
export const UNREAD_LIMIT = 16 * 1024 * 1024;
/** Connections at once, and requests that wait for an answer at once. */
export const CONNECTION_LIMIT = 1_024;
export const OPEN_LIMIT = 4_096;
/** A client has this long to send a request's head, and the whole of it: ms. */
const HEAD_TIME = 15_000;
const REQUEST_TIME = 60_000;

/** The way into a run: what is sent becomes an input of it. */
export interface DoorLink {
  send(input: DoorInput): void;
  /** False: no cluster is there now. */
  isOpen(): boolean;
}

/** What an exchange does with the door's answers. */
export interface Answering {
  hear(output: Exclude<DoorOutput, { readonly t: 'started' }>): void;
  /** The cluster is gone. */
  lost(): void;
}

/** One run's side of the real network: turns requests into inputs, and the door's output into answers. */
export class DoorServer {
  readonly server: Server;
  readonly #link: DoorLink;
  readonly #token: string;
  readonly #open = new Map<number, Answering>();
  readonly #connections = new Map<Duplex, number>();
  #nextId = 1;
  #nextConnection = 1;

  constructor(link: DoorLink, token: string) {
    this.#link = link;
    this.#token = token;
    this.server = createServer({ headersTimeout: HEAD_TIME, requestTimeout: REQUEST_TIME });
    this.server.maxConnections = CONNECTION_LIMIT;
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
      else this.#open.get(output.id)?.hear(output);
    }
  }

  /** All that was going on is lost: the cluster, or its door, started anew. */
  lose(): void {
    const all = [...this.#open.values()];
    this.#open.clear();
    for (const answering of all) answering.lost();
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
    readBody(request, response, (bytes) => {
      const body = bodyOf(request, response, bytes);
      if (body !== undefined) this.#ask(request, response, path, body);
    });
  }

  /** The path that is asked for below the token, or why it is not served. */
  admit(request: IncomingMessage): { readonly path: string } | { readonly code: number; readonly message: string } {
    const path = admit(request, this.#token);
    if (path === undefined) return { code: 403, message: 'forbidden: wrong token, Host or Origin' };
    if (!this.#link.isOpen()) return { code: 503, message: 'no cluster is open behind this door' };
    if (this.#open.size >= OPEN_LIMIT) return { code: 429, message: 'Too many requests, please try again later.' };
    return { path };
  }

  /** Starts an exchange; returns how to speak further to it. */
  begin(request: IncomingMessage, path: string, body: string, answering: Answering): Speaking {
    const id = this.#nextId++;
    const conn = this.#connectionOf(request.socket);
    this.#open.set(id, answering);
    const { method = 'GET' } = request;
    this.#link.send({ t: 'request', id, conn, method, path, headers: passedHeaders(request), body });
    return {
      data: (data, channel) => {
        if (this.#open.has(id)) this.#link.send({ t: 'data', id, channel, data });
      },
      end: () => {
        if (this.#open.has(id)) this.#link.send({ t: 'end', id });
      },
      cancel: (why) => {
        if (this.#open.delete(id)) this.#link.send({ t: 'cancel', id, why });
      },
      over: () => void this.#open.delete(id),
    };
  }

  #ask(request: IncomingMessage, response: ServerResponse, path: string, body: string): void {
    if (response.destroyed) return;
    const speaking = this.begin(request, path, body, {
      hear: (output) => answer(response, output, speaking),
      lost: () => response.destroy(),
    });
    response.on('close', () => {
      // A connection that is gone says so itself.
      if (response.writableFinished) speaking.over();
      else speaking.cancel('the client went away');
    });
  }

  #connectionOf(socket: Socket): number {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const conn = this.#nextConnection++;
    this.#connections.set(socket, conn);
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#link.send({ t: 'gone', conn });
    });
    return conn;
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
const PASSED = ['accept', 'content-type', 'user-agent', 'if-none-match', 'x-stream-protocol-version'];

function passedHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of PASSED) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = String(value);
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

/** Hands on the whole body, or answers 413 as soon as it is known to be too long. */
function readBody(request: IncomingMessage, response: ServerResponse, then: (body: Buffer) => void): void {
  const tooLong = (): void => refuse(request, response, 413, `Request entity too large: limit is ${BODY_LIMIT}`);
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) return tooLong();
  if (request.headers.expect !== undefined) response.writeContinue();
  const pieces: Buffer[] = [];
  let length = 0;
  const take = (piece: Buffer): void => {
    length += piece.length;
    if (length <= BODY_LIMIT) {
      pieces.push(piece);
      return;
    }
    request.off('data', take).off('end', finish);
    tooLong();
  };
  const finish = (): void => then(Buffer.concat(pieces));
  // A broken chunk ends the request without an `end`: nothing of it was an input.
  request.on('data', take).on('end', finish);
}

function answer(
  response: ServerResponse,
  output: Exclude<DoorOutput, { readonly t: 'started' }>,
  speaking: Speaking,
): void {
  switch (output.t) {
    case 'answer': {
      const body = textToBytes(output.body);
      speaking.over();
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
