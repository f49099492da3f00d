// Just enough of RFC 9112 to join a client that speaks HTTP/1.1 to a simulated server, which exchanges whole messages.
import { STATUS_CODES } from 'node:http';
import { bytesToText, textToBytes } from '../lib/byte-text.ts';
import { decodeFrame, encodeFrame } from '../sim/http-frame.ts';

const HEAD_LIMIT = 64 * 1024;
const BODY_LIMIT = 8 * 1024 * 1024;

interface Head {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body, or that it comes in chunks. */
  readonly length: number | 'chunked';
  readonly keepAlive: boolean;
}

interface Asked {
  readonly stream: number;
  readonly method: string;
  readonly keepAlive: boolean;
}

/** Translates one connection: bytes of HTTP/1.1 on one side, the simulated connection's payloads on the other. */
export class Http1Translator {
  readonly #out: { payload(text: string): void; bytes(bytes: Uint8Array): void; close(): void };
  #buffer: Buffer = Buffer.alloc(0);
  #head: Head | undefined;
  #nextStream = 1;
  /** Requests under way, oldest first; answers of later ones wait. */
  readonly #asked: Asked[] = [];
  readonly #waiting = new Map<number, string[]>();
  #bad = false;
  #ended = false;

  constructor(out: { payload(text: string): void; bytes(bytes: Uint8Array): void; close(): void }) {
    this.#out = out;
  }

  fromClient(bytes: Uint8Array): void {
    if (this.#bad) return;
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    try {
      while (this.#readOne());
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.#bad = true;
      const body = `${error.code} ${STATUS_CODES[error.code] ?? ''}\n`;
      this.#write(
        `HTTP/1.1 ${error.code} ${STATUS_CODES[error.code] ?? ''}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      );
      this.#out.close();
    }
  }

  /** No more requests: what was asked is answered, then it is over. */
  endOfClient(): void {
    this.#ended = true;
    if (this.#asked.length === 0) this.#out.close();
  }

  fromServer(payload: string): void {
    const { head } = decodeFrame(payload);
    const first = this.#asked[0];
    if (first === undefined) return;
    if (head.s === first.stream) this.#answer(first, payload);
    else this.#waiting.set(head.s, [...(this.#waiting.get(head.s) ?? []), payload]);
  }

  #readOne(): boolean {
    this.#head ??= this.#readHead();
    const head = this.#head;
    if (head === undefined) return false;
    const body = head.length === 'chunked' ? this.#readChunked() : this.#take(head.length);
    if (body === undefined) return false;
    this.#head = undefined;
    const stream = this.#nextStream++;
    this.#asked.push({ stream, method: head.method, keepAlive: head.keepAlive });
    this.#out.payload(
      encodeFrame({ t: 'request', s: stream, m: head.method, p: head.path, h: head.headers }, bytesToText(body)),
    );
    return true;
  }

  #readHead(): Head | undefined {
    const end = this.#buffer.indexOf('\r\n\r\n');
    if (end > HEAD_LIMIT || (end < 0 && this.#buffer.length > HEAD_LIMIT)) throw new BadRequest(431);
    const line = this.#buffer.indexOf('\r\n');
    // What is no HTTP at all is refused at once, not when its sender gives up.
    if (line < 0 && !/^[A-Z]*( |$)/.test(this.#buffer.toString('latin1', 0, 16))) throw new BadRequest(400);
    if (line >= 0 && !REQUEST_LINE.test(this.#buffer.toString('latin1', 0, line))) throw new BadRequest(400);
    if (end < 0) return undefined;
    const head = parseHead(this.#buffer.toString('latin1', 0, end));
    this.#buffer = this.#buffer.subarray(end + 4);
    return head;
  }

  #take(length: number): Buffer | undefined {
    if (length > BODY_LIMIT) throw new BadRequest(413);
    if (this.#buffer.length < length) return undefined;
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  /** All chunks at once, when the last has come. */
  #readChunked(): Buffer | undefined {
    const pieces: Buffer[] = [];
    let at = 0;
    for (;;) {
      const line = this.#buffer.indexOf('\r\n', at);
      if (line < 0) break;
      const size = /^([0-9a-fA-F]{1,8})(;.*)?$/.exec(this.#buffer.toString('latin1', at, line))?.[1];
      if (size === undefined) throw new BadRequest(400);
      const length = Number.parseInt(size, 16);
      const next = line + 2 + length + 2;
      if (this.#buffer.length < next) break;
      if (this.#buffer.toString('latin1', next - 2, next) !== '\r\n') throw new BadRequest(400);
      pieces.push(this.#buffer.subarray(line + 2, line + 2 + length));
      at = next;
      if (length === 0) {
        this.#buffer = this.#buffer.subarray(at);
        return Buffer.concat(pieces);
      }
    }
    if (this.#buffer.length > BODY_LIMIT) throw new BadRequest(413);
    return undefined;
  }

  #answer(asked: Asked, payload: string): void {
    const { head, body } = decodeFrame(payload);
    switch (head.t) {
      case 'answer': {
        const bytes = textToBytes(body);
        const length = asked.method === 'HEAD' && bytes.length === 0 ? [] : [`content-length: ${bytes.length}`];
        this.#write(headText(head.c, head.h ?? {}, [...length, ...this.#connection(asked)]));
        if (asked.method !== 'HEAD') this.#out.bytes(bytes);
        return this.#answered(asked);
      }
      case 'head':
        return this.#write(headText(head.c, head.h ?? {}, ['transfer-encoding: chunked', ...this.#connection(asked)]));
      case 'data': {
        const bytes = textToBytes(body);
        if (bytes.length === 0) return;
        this.#write(`${bytes.length.toString(16)}\r\n`);
        this.#out.bytes(bytes);
        return this.#write('\r\n');
      }
      case 'end':
        this.#write('0\r\n\r\n');
        return this.#answered(asked);
      case 'cancel':
        return this.#out.close();
      case 'request':
        return;
    }
  }

  #answered(asked: Asked): void {
    this.#asked.shift();
    if (!asked.keepAlive || (this.#ended && this.#asked.length === 0)) return this.#out.close();
    const next = this.#asked[0];
    if (next === undefined) return;
    const payloads = this.#waiting.get(next.stream) ?? [];
    this.#waiting.delete(next.stream);
    for (const payload of payloads) this.fromServer(payload);
  }

  #connection({ keepAlive }: Asked): string[] {
    return keepAlive ? [] : ['connection: close'];
  }

  #write(text: string): void {
    this.#out.bytes(Buffer.from(text, 'latin1'));
  }
}

class BadRequest extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`bad request: ${code}`);
    this.code = code;
  }
}

const REQUEST_LINE = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/;

function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const [, method = '', path = '', minor] = REQUEST_LINE.exec(first) ?? [];
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw new BadRequest(400);
    headers[name.toLowerCase()] = value;
  }
  const chunked = headers['transfer-encoding']?.toLowerCase() === 'chunked';
  const length = headers['content-length'] ?? '0';
  if (!/^\d+$/.test(length)) throw new BadRequest(400);
  const asked = headers['connection']?.toLowerCase();
  const keepAlive = minor === '1' ? asked !== 'close' : asked === 'keep-alive';
  for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'content-length']) delete headers[name];
  return { method, path, headers, length: chunked ? 'chunked' : Number(length), keepAlive };
}

const OWN = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);

function headText(status: number, headers: Readonly<Record<string, string>>, own: readonly string[]): string {
  const given = Object.entries(headers).filter(([name]) => !OWN.has(name.toLowerCase()));
  const lines = [...given.map(([name, value]) => `${name}: ${value}`), ...own];
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}
