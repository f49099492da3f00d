// The client API and the health checks, as they come over the network. Models server/etcdserver/api/v3rpc
import { EtcdPaths } from '../../../api/etcd.ts';
import type {
  CompactRequest,
  DeleteRangeRequest,
  LeaseGrantRequest,
  MemberListResponse,
  PutRequest,
  RangeRequest,
  StatusResponse,
  TxnRequest,
} from '../../../api/etcd.ts';
import { ClusterDefaults } from '../../../api/ports.ts';
import { isObject } from '../../../lib/json.ts';
import type { Exchange } from '../../../sim/http.ts';
import { EtcdFailure, etcdFailure, httpStatusOf } from '../errors.ts';
import { applyRange, applyTxn } from '../mvcc/apply.ts';
import { checkDeleteRange, checkPut, checkRange, checkTxn } from '../mvcc/validate.ts';
import { NONE } from '../raft/types.ts';
import type { Call, EtcdServer } from './etcd-server.ts';
import type { LeaseApi } from './lease-api.ts';
import type { WatchStreams } from './watch-stream.ts';

/** Answers one request: `body` is what the client sent, parsed. */
type Method = (body: Record<string, unknown>, call: Call, size: number) => void;

export function serveClients(
  server: EtcdServer,
  watches: WatchStreams,
  leases: LeaseApi,
): (exchange: Exchange) => void {
  const methods = methodsOf(server, leases);
  return (exchange) => {
    const { method, path, headers, body } = exchange.request;
    const call = callOf(server, exchange);
    if (method === 'GET') return serveHealth(server, path, exchange, call);
    const requiresLeader = headers['hasleader'] === 'true';
    if (requiresLeader && server.raft.lead === NONE) return call.fail(etcdFailure('noLeader'));
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
  const { raft, keyspace } = server;
  const range: Method = (body, call) => {
    const request = body as unknown as RangeRequest;
    checkRange(request);
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
    [EtcdPaths.memberList, (_, call) => server.linearizable(call, () => call.respond(memberList(server)))],
    [EtcdPaths.status, (_, call) => call.respond(status(server))],
    [EtcdPaths.moveLeader, (body, call) => moveLeader(server, String(body['targetId'] ?? body['targetID']), call)],
    [EtcdPaths.hashKv, (body, call) => call.respond(hashKv(server, Number(body['revision'] ?? 0)))],
    ['/etcdserverpb.Maintenance/Alarm', (_, call) => call.respond({ header: server.header(), alarms: [] })],
    [
      '/etcdserverpb.Maintenance/Hash',
      (_, call) => call.respond({ header: server.header(), ...keyspace.store.hash(0), term: raft.term }),
    ],
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

function memberList(server: EtcdServer): MemberListResponse {
  const { options, identity, keyspace } = server;
  const members = [...options.initialCluster].map(([name, url]) => {
    const id = identity.memberIds.get(name) ?? '';
    const published = keyspace.members.get(id);
    return {
      id,
      name: published === undefined ? '' : name,
      peerUrls: [url],
      clientUrls: published?.clientUrls ?? [],
      isLearner: false,
    };
  });
  return { header: server.header(), members };
}

function status(server: EtcdServer): StatusResponse {
  const { lead, term, commit } = server.raft.status();
  return {
    header: server.header(),
    version: ClusterDefaults.etcdVersion,
    ...server.sizes(),
    leader: lead === NONE ? '0' : lead,
    raftIndex: commit,
    raftAppliedIndex: server.applied.index,
    raftTerm: term,
    isLearner: false,
    errors: lead === NONE ? ['etcdserver: no leader'] : [],
  };
}

function hashKv(server: EtcdServer, revision: number): object {
  const { store } = server.keyspace;
  const { hash, revision: hashRevision } = store.hash(revision);
  return { header: server.header(), hash, compactRevision: store.compactRevision, hashRevision };
}

/** Answers when the other member leads. */
function moveLeader(server: EtcdServer, target: string, call: Call): void {
  if (!server.raft.isLeader) return call.fail(etcdFailure('notLeader'));
  if (![...server.identity.memberIds.values()].includes(target)) return call.fail(etcdFailure('badLeaderTransferee'));
  const { env, options, requestTimeout } = server;
  const since = env.uptime();
  const look = (): void => {
    if (server.raft.lead === target) call.respond({ header: server.header() });
    else if (env.uptime() - since >= requestTimeout) call.fail(etcdFailure('timeoutLeaderTransfer'));
    else env.after(options.heartbeat, look);
  };
  server.raft.transferLeader(target);
  look();
}

/** Models server/etcdserver/api/etcdhttp/health.go */
function serveHealth(server: EtcdServer, path: string, exchange: Exchange, call: Call): void {
  const route = path.split('?')[0];
  switch (route) {
    case '/version':
      exchange.respond(200, JSON.stringify({ etcdserver: ClusterDefaults.etcdVersion, etcdcluster: '3.6.0' }));
      return;
    case '/livez':
      exchange.respond(200, 'ok\n');
      return;
    case '/health':
    case '/readyz':
      checkHealth(server, route === '/readyz', exchange, call);
      return;
    default:
      exchange.respond(404, '404 page not found\n');
  }
}

function checkHealth(server: EtcdServer, plain: boolean, exchange: Exchange, call: Call): void {
  const answer = (reason: string): void => {
    const healthy = reason === '';
    const text = healthy ? 'ok\n' : `[-]linearizable_read failed: ${reason}\n`;
    exchange.respond(healthy ? 200 : 503, plain ? text : JSON.stringify({ health: String(healthy), reason }));
  };
  if (server.raft.lead === NONE) return answer('RAFT NO LEADER');
  server.linearizable({ ...call, fail: ({ message }) => answer(`RANGE ERROR:${message}`) }, () => answer(''));
}
