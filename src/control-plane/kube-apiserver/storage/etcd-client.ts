import type {
  CompactRequest,
  EtcdError,
  LeaseGrantRequest,
  LeaseGrantResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchRequest,
  WatchResponse,
} from '../../../api/etcd.ts';
import type { Env, Micros } from '../../../sim/env.ts';
import type { CreateHttpClient, HttpClient, HttpResponse } from '../../../sim/http.ts';
import { certificateHeader, type Certificate } from '../../../api/certificate.ts';
import { EtcdPaths } from '../../../api/etcd.ts';
import { must } from '../../../lib/assert.ts';
import { isObject } from '../../../lib/json.ts';
import { MILLISECOND, SECOND } from '../../../lib/time.ts';
import { RpcFailure } from '../../../sim/http.ts';

/** etcd said no, or could not be reached: `message` is what upstream's client reports. */
export class EtcdFailure extends Error {
  override readonly name = 'EtcdFailure';
  /** As grpc names it: Unavailable, DeadlineExceeded, OutOfRange … */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface EtcdWatchStream {
  send(request: WatchRequest): void;
  cancel(): void;
}

export interface EtcdWatchHandlers {
  response(response: WatchResponse): void;
  /** The stream broke or was ended: nothing more comes. */
  closed(): void;
}

/** What kube-apiserver asks of etcd. */
export interface EtcdApi {
  range(request: RangeRequest): Promise<RangeResponse>;
  txn(request: TxnRequest): Promise<TxnResponse>;
  compact(request: CompactRequest): Promise<void>;
  leaseGrant(request: LeaseGrantRequest): Promise<LeaseGrantResponse>;
  watch(handlers: EtcdWatchHandlers): EtcdWatchStream;
  /** Asks the member in use for its health. */
  healthy(timeout: Micros): Promise<boolean>;
}

/** Rounds over all endpoints before an unreachable etcd is reported, and the pause between them. Models etcd clientv3's retry interceptor. */
const MAX_ROUNDS = 10;
const ROUND_PAUSE = 100 * MILLISECOND;
/** Longer than any API request may take: those end first and say so. */
const CALL_TIMEOUT = 60 * SECOND;
/** After this long on another member, the first one (the local one) is tried again. */
const RETURN_AFTER = 10 * SECOND;

/** One connection per member; the one in use changes when it fails, as a gRPC balancer's would. */
export function createEtcdClient(
  env: Env,
  createHttpClient: CreateHttpClient,
  servers: readonly string[],
  certificate?: Certificate,
): EtcdApi {
  const headers = certificate === undefined ? {} : { headers: certificateHeader(certificate) };
  const clients: readonly HttpClient[] = servers.map((server) =>
    createHttpClient(env, server, { protocol: 'etcd', userAgent: 'kube-apiserver', timeout: CALL_TIMEOUT, ...headers }),
  );
  let current = 0;
  let leftAt = 0;
  const inUse = (): HttpClient => {
    if (current !== 0 && env.uptime() - leftAt > RETURN_AFTER) current = 0;
    return must(clients[current], 'no etcd servers');
  };
  /** Moves on, unless another call already did. */
  const leave = (failed: HttpClient): void => {
    if (inUse() !== failed) return;
    current = (current + 1) % clients.length;
    leftAt = env.uptime();
  };

  async function call(path: string, body: object, mutates: boolean): Promise<string> {
    let last: EtcdFailure | undefined;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (round > 0) await env.sleep(ROUND_PAUSE);
      for (let i = 0; i < clients.length; i++) {
        const client = inUse();
        const outcome = await attempt(client, path, body);
        if (typeof outcome === 'string') return outcome;
        last = outcome.failure;
        if (outcome.leave) leave(client);
        if (!outcome.retry || (mutates && !outcome.definite)) throw outcome.failure;
      }
    }
    throw must(last);
  }

  return {
    range: async (request) => decode<RangeResponse>(await call(EtcdPaths.range, request, false)),
    txn: async (request) => decode<TxnResponse>(await call(EtcdPaths.txn, request, true)),
    compact: async (request) => {
      await call(EtcdPaths.compact, request, true);
    },
    leaseGrant: async (request) => decode<LeaseGrantResponse>(await call(EtcdPaths.leaseGrant, request, true)),
    watch: (handlers) => openWatch(inUse(), handlers, leave),
    healthy: (timeout) => probe(inUse(), timeout, leave),
  };
}

interface FailedAttempt {
  readonly failure: EtcdFailure;
  /** The member is to blame: use another. */
  readonly leave: boolean;
  /** Trying again may help. */
  readonly retry: boolean;
  /** The call certainly had no effect. */
  readonly definite: boolean;
}

async function attempt(client: HttpClient, path: string, body: object): Promise<string | FailedAttempt> {
  try {
    const response = await client.request({ method: 'POST', path, body: JSON.stringify(body) }, { protocol: 'etcd' });
    if (response.status === 200) return response.body;
    const failure = failureOf(response);
    const unavailable = failure.code === 'Unavailable';
    return { failure, leave: false, retry: unavailable, definite: false };
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    const retry = error.reason !== 'timeout' && error.reason !== 'cancelled';
    return { failure: transportFailure(error), leave: true, retry, definite: error.definite };
  }
}

function failureOf(response: HttpResponse): EtcdFailure {
  const parsed = parseError(response.body);
  return new EtcdFailure(parsed?.code ?? 'Unknown', parsed?.message ?? `etcd answered ${response.status}`);
}

function parseError(body: string): EtcdError | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (!isObject(value) || typeof value['message'] !== 'string') return undefined;
    return { code: typeof value['code'] === 'string' ? value['code'] : 'Unknown', message: value['message'] };
  } catch {
    return undefined;
  }
}

/** In grpc-go's words. */
function transportFailure(error: RpcFailure): EtcdFailure {
  switch (error.reason) {
    case 'refused':
    case 'unreachable': {
      const cause = error.reason === 'refused' ? 'connection refused' : 'no route to host';
      return new EtcdFailure(
        'Unavailable',
        `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp ${error.address}: connect: ${cause}"`,
      );
    }
    case 'reset':
      return new EtcdFailure('Unavailable', 'rpc error: code = Unavailable desc = error reading from server: EOF');
    case 'timeout':
    case 'cancelled':
      return new EtcdFailure('DeadlineExceeded', 'context deadline exceeded');
  }
}

/** The edge where etcd's answers come in; its types are the contract. */
function decode<T>(text: string): T {
  return JSON.parse(text) as T;
}

function openWatch(
  client: HttpClient,
  handlers: EtcdWatchHandlers,
  leave: (client: HttpClient) => void,
): EtcdWatchStream {
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    handlers.closed();
  };
  const fail = (): void => {
    if (open) leave(client);
    close();
  };
  const stream = client.stream(
    { method: 'POST', path: EtcdPaths.watch, headers: { hasleader: 'true' }, body: '' },
    {
      data: (text) => {
        if (open) handlers.response(decode<WatchResponse>(text));
      },
      end: close,
      fail,
    },
    { protocol: 'etcd' },
  );
  return {
    send: (request) => stream.send(JSON.stringify(request)),
    cancel: () => {
      open = false;
      stream.cancel();
    },
  };
}

/** A read, and not etcd's own health: with an alarm raised the API still serves what it can. Models newETCD3HealthCheck. */
async function probe(client: HttpClient, timeout: Micros, leave: (client: HttpClient) => void): Promise<boolean> {
  try {
    const body = JSON.stringify({ key: '/registry/health' } satisfies RangeRequest);
    const request = { method: 'POST', path: EtcdPaths.range, body };
    return (await client.request(request, { timeout, protocol: 'etcd' })).status === 200;
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    leave(client);
    return false;
  }
}
