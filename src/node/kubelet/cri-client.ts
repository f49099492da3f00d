import { CriPaths, CriSocket, type CriMethods } from '../../api/cri.ts';
import { MINUTE, type Env, type Micros } from '../../sim/env.ts';
import { RpcFailure, type HttpStream, type StreamHandlers } from '../../sim/http.ts';
import { createHttpClient } from '../../sim/http-client.ts';

/** The runtime said no (grpc's code and text), or could not be asked. */
export class RuntimeFailure extends Error {
  override readonly name = 'RuntimeFailure';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
  /** As grpc prints it. */
  get rpcText(): string {
    return `rpc error: code = ${this.code} desc = ${this.message}`;
  }
}

/** --runtime-request-timeout */
const REQUEST_TIMEOUT: Micros = 2 * MINUTE;
/** Calls that wait for something outside have no limit of their own. */
const NO_TIMEOUT: Micros = 24 * 60 * MINUTE;

export interface CriClient {
  call<M extends keyof CriMethods>(
    method: M,
    request: CriMethods[M]['request'],
    timeout?: Micros,
  ): Promise<CriMethods[M]['response']>;
  stream(
    method: 'exec' | 'attach' | 'portForward' | 'containerLog',
    request: unknown,
    handlers: StreamHandlers,
  ): HttpStream;
}

export const UNLIMITED = NO_TIMEOUT;

export function createCriClient(env: Env): CriClient {
  const client = createHttpClient(env, CriSocket, { protocol: 'cri', timeout: REQUEST_TIMEOUT, deadAfter: NO_TIMEOUT });
  return {
    async call(method, request, timeout = REQUEST_TIMEOUT) {
      let answer;
      try {
        answer = await client.request(
          { method: 'POST', path: CriPaths[method], body: JSON.stringify(request) },
          { timeout },
        );
      } catch (error) {
        if (!(error instanceof RpcFailure)) throw error;
        throw unavailable(error);
      }
      if (answer.status === 200) return decode(answer.body);
      const { code, message } = decode<{ code: string; message: string }>(answer.body);
      throw new RuntimeFailure(code, message);
    },
    stream: (method, request, handlers) =>
      client.stream({ method: 'POST', path: CriPaths[method], body: JSON.stringify(request) }, handlers),
  };
}

function unavailable(error: RpcFailure): RuntimeFailure {
  if (error.reason === 'timeout' || error.reason === 'cancelled')
    return new RuntimeFailure('DeadlineExceeded', 'context deadline exceeded');
  const reason =
    error.reason === 'refused'
      ? 'connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"'
      : 'error reading from server: EOF';
  return new RuntimeFailure('Unavailable', reason);
}

function decode<T>(body: string): T {
  return JSON.parse(body) as T;
}
