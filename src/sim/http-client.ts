import {
  SECOND,
  type Address,
  type CloseReason,
  type Connection,
  type Env,
  type Micros,
  type Protocol,
} from './env.ts';
import {
  RpcFailure,
  type HttpClient,
  type HttpClientOptions,
  type HttpResponse,
  type HttpStream,
  type RequestInit,
  type StreamHandlers,
} from './http.ts';
import { decodeFrame, encodeFrame, type Frame } from './http-frame.ts';

const DEFAULT_TIMEOUT: Micros = 30 * SECOND;

interface Pending {
  readonly handlers: StreamHandlers;
  readonly cause: string | undefined;
  readonly protocol: Protocol | undefined;
  /** The answer's head came as a stream: data and an end follow. */
  streaming: boolean;
  readonly label: string;
}

/** A connection and the exchanges on it. After it broke, the next request dials anew. */
interface Session {
  readonly connection: Connection;
  readonly pending: Map<number, Pending>;
  open: boolean;
}

export function createHttpClient(env: Env, address: Address, options: HttpClientOptions = {}): HttpClient {
  let session: Session | undefined;
  let nextStream = 1;

  const dial = (): Session => {
    const pending = new Map<number, Pending>();
    const connection = env.connect(
      address,
      {
        open: () => {
          made.open = true;
        },
        message: (payload) => receive(env, made, decodeFrame(payload), address),
        close: (reason) => {
          if (session === made) session = undefined;
          breakAll(env, made, reason, address);
        },
      },
      options,
    );
    const made: Session = { connection, pending, open: false };
    return made;
  };

  const stream = (
    request: RequestInit,
    handlers: StreamHandlers,
    up: boolean,
    protocol: Protocol | undefined,
  ): HttpStream => {
    session ??= dial();
    const { connection, pending } = session;
    const id = nextStream++;
    const label = `${request.method} ${request.path}`;
    const entry: Pending = { handlers, cause: env.cause(), protocol, streaming: false, label };
    pending.set(id, entry);
    const { body } = request;
    const headers = options.headers === undefined ? request.headers : { ...options.headers, ...request.headers };
    const agent = options.userAgent === undefined ? headers : { 'user-agent': options.userAgent, ...headers };
    const named = protocol === undefined ? {} : { protocol };
    connection.send(
      encodeFrame(
        {
          t: 'request',
          s: id,
          m: request.method,
          p: request.path,
          ...(agent === undefined ? {} : { h: agent }),
          ...(up ? { up } : {}),
        },
        body,
      ),
      { text: label, shape: 'request', ...named },
    );
    return {
      send(data, channel) {
        if (!pending.has(id)) return;
        const head = { t: 'data', s: id, ...(channel === undefined ? {} : { n: channel }) } as const;
        connection.send(encodeFrame(head, data), { text: label, shape: 'stream', ...named });
      },
      end() {
        if (pending.has(id))
          connection.send(encodeFrame({ t: 'end', s: id }), { text: `end ${label}`, shape: 'stream', ...named });
      },
      cancel() {
        if (!pending.delete(id)) return;
        connection.send(encodeFrame({ t: 'cancel', s: id }), { text: `cancel ${label}`, shape: 'stream', ...named });
      },
    };
  };

  return {
    address,
    request(request, { timeout = options.timeout ?? DEFAULT_TIMEOUT, protocol } = {}) {
      const { promise, resolve, reject } = env.deferred<HttpResponse>();
      let answer: HttpResponse | undefined;
      let body = '';
      const exchange = stream(
        request,
        {
          head(response) {
            answer = response;
          },
          data(data) {
            body += data;
          },
          end() {
            cancelTimer();
            if (answer !== undefined) resolve(body === '' ? answer : { ...answer, body: answer.body + body });
          },
          fail(failure) {
            cancelTimer();
            reject(failure);
          },
        },
        false,
        protocol,
      );
      const cancelTimer = env.after(timeout, () => {
        exchange.cancel();
        reject(new RpcFailure('timeout', false, address));
      });
      return promise;
    },
    stream: (request, handlers, { protocol } = {}) => stream(request, handlers, true, protocol),
    close() {
      const closing = session;
      session = undefined;
      if (closing === undefined) return;
      closing.connection.close();
      breakAll(env, closing, 'reset', address);
    },
  };
}

function receive(env: Env, session: Session, { head, body }: Frame, address: Address): void {
  const entry = session.pending.get(head.s);
  if (entry === undefined) return;
  const { handlers } = entry;
  // What an answer leads to was caused by the request; each piece of a stream has its own cause, the change that it reports.
  const cause = head.t === 'data' ? (env.cause() ?? entry.cause) : entry.cause;
  env.because(cause, () => {
    switch (head.t) {
      case 'answer':
        session.pending.delete(head.s);
        handlers.head?.({ status: head.c, headers: head.h ?? {}, body });
        handlers.end?.();
        return;
      case 'head':
        entry.streaming = true;
        handlers.head?.({ status: head.c, headers: head.h ?? {}, body: '' });
        return;
      case 'data':
        handlers.data?.(body, head.n ?? 0);
        return;
      case 'end':
        session.pending.delete(head.s);
        handlers.end?.();
        return;
      case 'cancel':
        session.pending.delete(head.s);
        handlers.fail?.(new RpcFailure('cancelled', false, address));
        return;
      case 'request':
        return;
    }
  });
}

/** Before the connection was open nothing can have reached the server, so those failures are definite. */
function breakAll(env: Env, session: Session, reason: CloseReason, address: Address): void {
  const broken = [...session.pending.values()];
  session.pending.clear();
  for (const entry of broken) {
    const failure = new RpcFailure(reason === 'closed' ? 'reset' : reason, !session.open, address);
    env.because(entry.cause, () => entry.handlers.fail?.(failure));
  }
}

/** The failure in the words of Go's net and http packages, as a user sees it behind `dial tcp …:` or `Get "…":`. */
export function goReason(failure: RpcFailure): string {
  const dial = `dial tcp ${failure.address}: `;
  switch (failure.reason) {
    case 'refused':
      return `${dial}connect: connection refused`;
    case 'unreachable':
      return `${dial}connect: no route to host`;
    case 'timeout':
      return failure.definite ? `${dial}i/o timeout` : 'context deadline exceeded';
    case 'reset':
      return failure.definite ? `${dial}connect: connection reset by peer` : 'EOF';
    case 'cancelled':
      return 'context canceled';
  }
}
