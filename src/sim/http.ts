import type { Address, Connection, ConnectOptions, Env, Micros, Protocol } from './env.ts';

/** Requests and streams, multiplexed over one connection as HTTP/2 does. Used for REST, etcd's and CRI's RPCs and pod traffic alike. */
export interface HttpRequest {
  readonly method: string;
  /** Path with query: `/api/v1/pods?watch=1`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The world failed us. definite: the request certainly had no effect (never sent, or refused); otherwise nobody knows.
 * `reason` in Go's words where a user may see it ("connection refused", "i/o timeout", "EOF", "context deadline exceeded").
 */
export class RpcFailure extends Error {
  readonly reason: 'refused' | 'timeout' | 'reset' | 'unreachable' | 'cancelled';
  readonly definite: boolean;
  readonly address: Address;
  constructor(reason: RpcFailure['reason'], definite: boolean, address: Address) {
    super(`${reason} (${definite ? 'definite' : 'unknown outcome'}): ${address}`);
    this.reason = reason;
    this.definite = definite;
    this.address = address;
  }
}

/** A streaming exchange: an answer that goes on (watch, logs -f), or both ways (exec). `channel` numbers as in v4.channel.k8s.io: 0 stdin, 1 stdout, 2 stderr, 3 error, 4 resize. */
export interface HttpStream {
  send(data: string, channel?: number): void;
  /** No more from this side. */
  end(): void;
  /** Gives the exchange up at once; the other side sees `close('cancelled')`. */
  cancel(): void;
}

export interface StreamHandlers {
  /** The answer's head; a non-2xx answer carries its whole body and is followed by `end`. */
  head?(response: HttpResponse): void;
  data?(data: string, channel: number): void;
  /** The other side finished in order. */
  end?(): void;
  /** The exchange broke. Never follows `end`. */
  fail?(failure: RpcFailure): void;
}

export interface HttpClientOptions extends ConnectOptions {
  /** Default time-out for `request`, µs; none for streams. Default 30 s. */
  readonly timeout?: Micros;
  readonly userAgent?: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One client = one pooled connection to one address, dialled when needed and again after it broke. */
export interface HttpClient {
  readonly address: Address;
  request(
    request: RequestInit,
    options?: { readonly timeout?: Micros; readonly protocol?: Protocol },
  ): Promise<HttpResponse>;
  stream(request: RequestInit, handlers: StreamHandlers, options?: { readonly protocol?: Protocol }): HttpStream;
  /** Drops the connection (outstanding requests fail as reset): what clients do to leave a half-dead server. */
  close(): void;
}

export interface RequestInit {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request as the server sees it. Answer exactly once: `respond`, or `start` + `send`* + `end`. */
export interface Exchange {
  readonly request: HttpRequest;
  /** Peer address as seen by the server (after address translation). */
  readonly peer: Address;
  /** Process that sent it is NOT known to the server; only its address is, as in life. */
  respond(status: number, body?: string, headers?: Readonly<Record<string, string>>): void;
  /** Begins a streaming answer. */
  start(status: number, headers?: Readonly<Record<string, string>>): HttpStream;
  /** Data that the client streams up (exec's stdin), its end, and its going away. */
  on(handlers: { data?(data: string, channel: number): void; end?(): void; closed?(): void }): void;
}

export interface HttpServerOptions {
  readonly protocol?: Protocol;
  /** Called when the address cannot be bound. */
  error?(reason: string): void;
  /** Keeps the connection's causes: the ambient cause while `handle` runs is the one that came with the request. */
  accepted?(connection: Connection): void;
}

export interface HttpServer {
  close(): void;
  /** Number of open exchanges. */
  readonly active: number;
}

export type Handle = (exchange: Exchange) => void;

/** Implemented in http-client.ts and http-server.ts. */
export type CreateHttpClient = (env: Env, address: Address, options?: HttpClientOptions) => HttpClient;
export type ServeHttp = (env: Env, address: Address, handle: Handle, options?: HttpServerOptions) => HttpServer;
