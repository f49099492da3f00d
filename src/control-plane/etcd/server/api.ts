// The client API and the health checks, as they come over the network. Models server/etcdserver/api/v3rpc
import { EtcdPaths } from '../../../api/etcd.ts';
import type {
  CompactRequest,
  DeleteRangeRequest,
  LeaseGrantRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from '../../../api/etcd.ts';
import { CERTIFICATE_HEADER, certificateOfHeader } from '../../../api/certificate.ts';
import { isObject } from '../../../lib/json.ts';
import type { Exchange } from '../../../sim/http.ts';
import { EtcdFailure, etcdFailure, httpStatusOf } from '../errors.ts';
import { applyRange, applyTxn } from '../mvcc/apply.ts';
import { checkDeleteRange, checkPut, checkRange, checkTxn } from '../mvcc/validate.ts';
import { NONE } from '../raft/types.ts';
import type { Call, EtcdServer } from './etcd-server.ts';
import { clusterMethods } from './cluster-api.ts';
import { serveHealth } from './health.ts';
import type { LeaseApi } from './lease-api.ts';
import { log } from './log.ts';
import { maintenanceMethods } from './maintenance-api.ts';
import { refusalOf, type Identity } from './tls.ts';
import type { WatchStreams } from './watch-stream.ts';

/** Answers one request: `body` is what the client sent, parsed. */
export type Method = (body: Record<string, unknown>, call: Call, size: number) => void;

export function serveClients(
  server: EtcdServer,
  watches: WatchStreams,
  leases: LeaseApi,
  identity: Identity,
): (exchange: Exchange) => void {
  const methods = methodsOf(server, leases);
  return (exchange) => {
    const { method, path, headers, body } = exchange.request;
    const call = callOf(server, exchange);
    const refusal = refusalOf(identity, certificateOfHeader(headers[CERTIFICATE_HEADER]));
    if (refusal !== undefined) {
      log(server.env, 'warn', 'rejected connection on client endpoint', {
        'remote-addr': exchange.peer,
        error: refusal.error,
      });
      return call.fail(failure('Unavailable', handshakeFailed(refusal.alert)));
    }
    if (method === 'GET') return serveHealth(server, path, exchange, call);
    const requiresLeader = headers['hasleader'] === 'true';
    if (requiresLeader && server.raft.lead === NONE) return call.fail(etcdFailure('noLeader'));
    if (server.raft.isLearner && !servedByLearners(path)) return call.fail(etcdFailure('notSupportedForLearner'));
    if (path === EtcdPaths.watch) return watches.open(exchange);
    const perform = methods.get(path);
    if (perform === undefined) return call.fail(failure('Unimplemented', `unknown method ${path}`));
    const parsed = parseBody(body);
    if (parsed === undefined) return call.fail(failure('InvalidArgument', 'invalid character in request'));
    try {
      perform(parsed, call, body.length);
    } catch (error) {
      if (!(error instanceof EtcdFailure)) throw error;
      call.fail(error);
    }
  };
}

/** As the client's gRPC reports that the server did not take its certificate. */
function handshakeFailed(alert: string): string {
  return `connection error: desc = "error reading server preface: ${alert}"`;
}

/** A learner may be far behind: of reads it serves those that do not mind. */
function servedByLearners(path: string): boolean {
  return path === EtcdPaths.status || path === EtcdPaths.snapshot || path === EtcdPaths.range;
}

function callOf(server: EtcdServer, exchange: Exchange): Call {
  return {
    cause: server.env.cause(),
    by: exchange.peer,
    respond: (response) => exchange.respond(200, JSON.stringify(response)),
    fail: ({ error }) => exchange.respond(httpStatusOf(error.code), JSON.stringify(error)),
  };
}

function failure(code: string, message: string): EtcdFailure {
  return new EtcdFailure({ code, message });
}

function methodsOf(server: EtcdServer, leases: LeaseApi): ReadonlyMap<string, Method> {
  const { keyspace } = server;
  const range: Method = (body, call) => {
    const request = body as unknown as RangeRequest;
    checkRange(request);
    if (server.raft.isLearner && request.serializable !== true) throw etcdFailure('notSupportedForLearner');
    read(server, call, request.serializable === true, () =>
      applyRange(keyspace.store, request, (revision) => server.headerAt(revision)),
    );
  };
  const put: Method = (body, call, size) => {
    const request = body as unknown as PutRequest;
    checkPut(request);
    propose(server, { put: request }, size, call);
  };
  const deleteRange: Method = (body, call, size) => {
    const request = body as unknown as DeleteRangeRequest;
    checkDeleteRange(request);
    propose(server, { deleteRange: request }, size, call);
  };
  const txn: Method = (body, call, size) => {
    const request: TxnRequest = { compare: [], success: [], failure: [], ...body };
    checkTxn(request);
    if (!isReadOnly(request)) return propose(server, { txn: request }, size, call);
    read(
      server,
      call,
      false,
      () => applyTxn(keyspace, request, undefined, (revision) => server.headerAt(revision)).response,
    );
  };
  const compact: Method = (body, call, size) =>
    propose(server, { compact: body as unknown as CompactRequest }, size, call);
  return new Map<string, Method>([
    [EtcdPaths.range, range],
    [EtcdPaths.put, put],
    [EtcdPaths.deleteRange, deleteRange],
    [EtcdPaths.txn, txn],
    [EtcdPaths.compact, compact],
    [EtcdPaths.leaseGrant, (body, call) => leases.grant(body as unknown as LeaseGrantRequest, call)],
    [EtcdPaths.leaseRevoke, (body, call) => leases.revoke(String(body['id']), call)],
    [EtcdPaths.leaseKeepAlive, (body, call) => leases.keepAlive(String(body['id']), call)],
    [EtcdPaths.leaseTimeToLive, (body, call) => leases.timeToLive(String(body['id']), body['keys'] === true, call)],
    [EtcdPaths.leaseLeases, (_, call) => leases.list(call)],
    ...clusterMethods(server, leases),
    ...maintenanceMethods(server),
  ]);
}

/** Bodies are JSON objects; an empty one is empty. */
function parseBody(body: string): Record<string, unknown> | undefined {
  if (body === '') return {};
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function propose(server: EtcdServer, op: Parameters<EtcdServer['propose']>[0], size: number, call: Call): void {
  if (size > server.options.maxRequestBytes) throw etcdFailure('requestTooLarge');
  server.propose(op, size, call);
}

function read(server: EtcdServer, call: Call, serializable: boolean, perform: () => object): void {
  const answer = (): void => {
    try {
      call.respond(perform());
    } catch (error) {
      if (!(error instanceof EtcdFailure)) throw error;
      call.fail(error);
    }
  };
  if (serializable) answer();
  else server.linearizable(call, answer);
}

function isReadOnly({ success, failure: otherwise }: TxnRequest): boolean {
  return [...success, ...otherwise].every((op) => 'range' in op || ('txn' in op && isReadOnly(op.txn)));
}
