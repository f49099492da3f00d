import type { Address, Connection, Env, Protocol } from './env.ts';
import type { Exchange, Handle, HttpServer, HttpServerOptions, HttpStream } from './http.ts';
import { decodeFrame, encodeFrame, type Frame } from './http-frame.ts';

interface OpenExchange {
  handlers: Parameters<Exchange['on']>[0];
  done: boolean;
  /** What the client sent before the handler asked for it. */
  early: { readonly data?: string; readonly channel: number }[];
}

/** Serves requests on an address. While `handle` runs, the ambient cause is the one that came with the request. */
export function serveHttp(env: Env, address: Address, handle: Handle, options: HttpServerOptions = {}): HttpServer {
  const connections = new Set<Connection>();
  let active = 0;
  const count = (change: number): void => {
    active += change;
  };

  const stop = env.listen(address, {
    accept(connection) {
      connections.add(connection);
      options.accepted?.(connection);
      const exchanges = new Map<number, OpenExchange>();
      return {
        message(payload) {
          const frame = decodeFrame(payload);
          if (frame.head.t === 'request') begin(env, connection, exchanges, frame, handle, options.protocol, count);
          else continueExchange(exchanges, frame, count);
        },
        close() {
          connections.delete(connection);
          const broken = [...exchanges.values()];
          exchanges.clear();
          for (const exchange of broken) closed(exchange, count);
        },
      };
    },
    error: (reason) => options.error?.(reason),
  });

  return {
    close() {
      stop();
      for (const connection of connections) connection.close();
      connections.clear();
    },
    get active() {
      return active;
    },
  };
}

function begin(
  env: Env,
  connection: Connection,
  exchanges: Map<number, OpenExchange>,
  { head, body }: Frame,
  handle: Handle,
  protocol: Protocol | undefined,
  count: (change: number) => void,
): void {
  if (head.t !== 'request') return;
  const id = head.s;
  const state: OpenExchange = { handlers: {}, done: false, early: [] };
  exchanges.set(id, state);
  count(1);
  const cause = env.cause();
  const named = protocol === undefined ? {} : { protocol };
  const finish = (): void => {
    if (state.done) return;
    state.done = true;
    exchanges.delete(id);
    count(-1);
  };
  // An answer given later, out of another event, still belongs to what caused the request unless that event has a cause.
  const send = (payload: string, text: string, shape: 'answer' | 'stream'): void =>
    env.because(env.cause() ?? cause, () => connection.send(payload, { text, shape, ...named }));

  handle({
    request: { method: head.m, path: head.p, headers: head.h ?? {}, body },
    peer: connection.remote,
    respond(status, text = '', headers) {
      if (state.done) return;
      finish();
      send(
        encodeFrame({ t: 'answer', s: id, c: status, ...(headers === undefined ? {} : { h: headers }) }, text),
        String(status),
        'answer',
      );
    },
    start(status, headers): HttpStream {
      const label = `${head.m} ${head.p}`;
      if (!state.done) {
        send(
          encodeFrame({ t: 'head', s: id, c: status, ...(headers === undefined ? {} : { h: headers }) }),
          String(status),
          'answer',
        );
      }
      return {
        send(data, channel) {
          if (state.done) return;
          send(
            encodeFrame({ t: 'data', s: id, ...(channel === undefined ? {} : { n: channel }) }, data),
            label,
            'stream',
          );
        },
        end() {
          if (state.done) return;
          finish();
          send(encodeFrame({ t: 'end', s: id }), `end ${label}`, 'stream');
        },
        cancel() {
          if (state.done) return;
          finish();
          send(encodeFrame({ t: 'cancel', s: id }), `cancel ${label}`, 'stream');
        },
      };
    },
    on(handlers) {
      state.handlers = handlers;
      const { early } = state;
      state.early = [];
      for (const { data, channel } of early) {
        if (data === undefined) handlers.end?.();
        else handlers.data?.(data, channel);
      }
    },
  });
}

function continueExchange(
  exchanges: Map<number, OpenExchange>,
  { head, body }: Frame,
  count: (change: number) => void,
): void {
  const exchange = exchanges.get(head.s);
  if (exchange === undefined) return;
  if (head.t === 'cancel') {
    exchanges.delete(head.s);
    closed(exchange, count);
  } else if (head.t === 'data') {
    if (exchange.handlers.data === undefined) exchange.early.push({ data: body, channel: head.n ?? 0 });
    else exchange.handlers.data(body, head.n ?? 0);
  } else if (head.t === 'end') {
    if (exchange.handlers.end === undefined) exchange.early.push({ channel: 0 });
    else exchange.handlers.end();
  }
}

function closed(exchange: OpenExchange, count: (change: number) => void): void {
  if (exchange.done) return;
  exchange.done = true;
  count(-1);
  exchange.handlers.closed?.();
}
