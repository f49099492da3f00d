// The server's side of SPDY/3.1, as far as client-go's port-forward uses it. Models moby/spdystream.
import { constants, createInflate, type Inflate } from 'node:zlib';
import { SPDY_DICTIONARY } from './spdy-dictionary.ts';

/** A frame of more is not sent by any client. */
const FRAME_LIMIT = 1024 * 1024;
/** Streams at once on one connection. */
const STREAM_LIMIT = 1_024;
/** Bytes of one frame that we send. */
const PIECE = 16 * 1024;

const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const FIN = 1;

export interface SpdyStream {
  readonly headers: Readonly<Record<string, string>>;
  /** What the client sends; set by whoever takes the stream. */
  on: { data?(bytes: Uint8Array): void; end?(): void; reset?(): void };
  write(bytes: Uint8Array): void;
  /** No more from this side. */
  end(): void;
}

export interface SpdyHandlers {
  send(bytes: Uint8Array): void;
  stream(stream: SpdyStream): void;
  /** The client broke the protocol, or said goodbye. */
  close(): void;
}

interface OpenStream {
  readonly stream: SpdyStream;
  ended: boolean;
}

export class SpdyConnection {
  readonly #handlers: SpdyHandlers;
  readonly #streams = new Map<number, OpenStream>();
  readonly #headers = new HeaderReader();
  #buffer: Buffer = Buffer.alloc(0);
  /** Header blocks are inflated asynchronously; what follows one waits for it. */
  #busy = false;
  #closed = false;
  #replied = false;

  constructor(handlers: SpdyHandlers) {
    this.#handlers = handlers;
  }

  receive(bytes: Uint8Array): void {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    this.#next();
  }

  /** The transport is gone. */
  lost(): void {
    this.#closed = true;
    this.#headers.close();
    for (const { stream } of this.#streams.values()) stream.on.reset?.();
    this.#streams.clear();
  }

  #next(): void {
    while (!this.#busy && !this.#closed && this.#buffer.length >= 8) {
      const flags = this.#buffer[4] ?? 0;
      const length = this.#buffer.readUIntBE(5, 3);
      if (length > FRAME_LIMIT) return this.#fail();
      if (this.#buffer.length < 8 + length) return;
      const head = this.#buffer.readUInt32BE(0);
      const payload = this.#buffer.subarray(8, 8 + length);
      this.#buffer = this.#buffer.subarray(8 + length);
      if (head < 0x80000000) this.#data(head, flags, payload);
      else this.#control(head & 0xffff, flags, payload);
    }
  }

  #fail(): void {
    if (this.#closed) return;
    this.lost();
    this.#handlers.close();
  }

  #data(id: number, flags: number, payload: Buffer): void {
    const open = this.#streams.get(id);
    if (open === undefined) return;
    if (payload.length > 0) open.stream.on.data?.(payload);
    if ((flags & FIN) !== 0) open.stream.on.end?.();
  }

  #control(type: number, flags: number, payload: Buffer): void {
    switch (type) {
      case SYN_STREAM:
        if (payload.length < 10 || this.#streams.size >= STREAM_LIMIT) return this.#fail();
        return this.#synStream(payload.readUInt32BE(0) & 0x7fffffff, flags, payload.subarray(10));
      case RST_STREAM: {
        if (payload.length < 8) return this.#fail();
        const id = payload.readUInt32BE(0) & 0x7fffffff;
        const open = this.#streams.get(id);
        this.#streams.delete(id);
        return open?.stream.on.reset?.();
      }
      case PING:
        return this.#handlers.send(control(PING, 0, payload));
      case GOAWAY:
        return this.#fail();
      default:
        // SETTINGS, HEADERS and WINDOW_UPDATE change nothing here.
        return;
    }
  }

  #synStream(id: number, flags: number, block: Buffer): void {
    this.#busy = true;
    const taken = (headers: Readonly<Record<string, string>> | undefined): void => {
      this.#busy = false;
      if (this.#closed) return;
      if (headers === undefined) return this.#fail();
      const stream = this.#stream(id, headers);
      this.#handlers.send(control(SYN_REPLY, 0, Buffer.concat([number(id), this.#emptyHeaders()])));
      this.#handlers.stream(stream);
      if ((flags & FIN) !== 0) stream.on.end?.();
      this.#next();
    };
    this.#headers.read(block, taken);
  }

  #stream(id: number, headers: Readonly<Record<string, string>>): SpdyStream {
    const send = (flags: number, bytes: Uint8Array): void => {
      if (this.#closed) return;
      const head = Buffer.alloc(8);
      head.writeUInt32BE(id);
      head.writeUInt32BE(bytes.length, 4);
      head[4] = flags;
      this.#handlers.send(Buffer.concat([head, bytes]));
    };
    const open: OpenStream = {
      ended: false,
      stream: {
        headers,
        on: {},
        write(bytes) {
          if (open.ended) return;
          for (let at = 0; at < bytes.length; at += PIECE) send(0, bytes.subarray(at, at + PIECE));
        },
        end() {
          if (open.ended) return;
          open.ended = true;
          send(FIN, new Uint8Array());
        },
      },
    };
    this.#streams.set(id, open);
    return open.stream;
  }

  /** No headers: a stored block and the empty one of a flush, of one zlib stream that goes on through the connection. */
  #emptyHeaders(): Buffer {
    const stored = Buffer.from([0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
    const block = this.#replied ? stored : Buffer.concat([Buffer.from([0x78, 0x01]), stored]);
    this.#replied = true;
    return block;
  }
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function control(type: number, flags: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(payload.length, 4);
  head[4] = flags;
  return Buffer.concat([head, payload]);
}

/** Header blocks of one direction: one zlib stream with the dictionary, flushed after each block. */
class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary: SPDY_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
  #pieces: Buffer[] = [];
  #taken: ((headers: Readonly<Record<string, string>> | undefined) => void) | undefined;

  constructor() {
    this.#inflate.on('data', (piece: Buffer) => this.#pieces.push(piece));
    this.#inflate.on('error', () => this.#finish(undefined));
  }

  read(block: Buffer, taken: (headers: Readonly<Record<string, string>> | undefined) => void): void {
    this.#taken = taken;
    this.#inflate.write(block, () => {
      // The data of a write may be emitted just after its callback.
      setImmediate(() => {
        const bytes = Buffer.concat(this.#pieces);
        this.#pieces = [];
        this.#finish(parseHeaders(bytes));
      });
    });
  }

  close(): void {
    this.#taken = undefined;
    this.#inflate.destroy();
  }

  #finish(headers: Readonly<Record<string, string>> | undefined): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.(headers);
  }
}

function parseHeaders(bytes: Buffer): Readonly<Record<string, string>> | undefined {
  let at = 0;
  const count = (): number => {
    if (at + 4 > bytes.length) return -1;
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = (): string | undefined => {
    const length = count();
    if (length < 0 || at + length > bytes.length) return undefined;
    at += length;
    return bytes.toString('latin1', at - length, at);
  };
  const headers: Record<string, string> = {};
  for (let left = count(); left > 0; left--) {
    const [name, value] = [text(), text()];
    if (name === undefined || value === undefined) return undefined;
    headers[name.toLowerCase()] = value;
  }
  return headers;
}
