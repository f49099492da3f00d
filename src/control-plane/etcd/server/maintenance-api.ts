// What operators do to one member. Models server/etcdserver/api/v3rpc/maintenance.go
import { EtcdPaths } from '../../../api/etcd.ts';
import type { AlarmRequest, HashKvResponse, StatusResponse } from '../../../api/etcd.ts';
import { snapshotFile } from '../../../api/etcd-snapshot.ts';
import { ClusterDefaults } from '../../../api/ports.ts';
import { etcdFailure } from '../errors.ts';
import { NONE } from '../raft/types.ts';
import { alarmText } from './alarms.ts';
import type { Method } from './api.ts';
import type { Call, EtcdServer } from './etcd-server.ts';

export function maintenanceMethods(server: EtcdServer): [string, Method][] {
  const { keyspace } = server;
  return [
    [EtcdPaths.status, (_, call) => call.respond(status(server))],
    [EtcdPaths.moveLeader, (body, call) => moveLeader(server, String(body['targetId'] ?? body['targetID']), call)],
    [EtcdPaths.hashKv, (body, call) => call.respond(hashKv(server, Number(body['revision'] ?? 0)))],
    [EtcdPaths.alarm, (body, call) => server.propose({ alarm: alarmRequest(body) }, 20, call)],
    [
      EtcdPaths.defragment,
      (_, call) => {
        server.defragment();
        call.respond({ header: server.header() });
      },
    ],
    [
      EtcdPaths.snapshot,
      (_, call) => {
        const blob = snapshotFile(server.image(), { ...keyspace.store.totals(), version: '3.6.0' });
        call.respond({ header: server.header(), version: ClusterDefaults.etcdVersion, blob });
      },
    ],
    [
      '/etcdserverpb.Maintenance/Hash',
      (_, call) => call.respond({ header: server.header(), ...keyspace.store.hash(0), term: server.raft.term }),
    ],
  ];
}

function alarmRequest(body: Record<string, unknown>): AlarmRequest {
  const { action, alarm, memberId } = body;
  return {
    action: action === 'ACTIVATE' || action === 'DEACTIVATE' ? action : 'GET',
    memberId: typeof memberId === 'string' ? memberId : '0',
    alarm: alarm === 'NOSPACE' || alarm === 'CORRUPT' ? alarm : 'NONE',
  };
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
    isLearner: server.raft.isLearner,
    errors: [...(lead === NONE ? ['etcdserver: no leader'] : []), ...server.keyspace.alarms.list().map(alarmText)],
    dbSizeQuota: Number.isFinite(server.options.quotaBackendBytes) ? server.options.quotaBackendBytes : 0,
  };
}

function hashKv(server: EtcdServer, revision: number): HashKvResponse {
  const { store } = server.keyspace;
  const { hash, revision: hashRevision } = store.hash(revision);
  return { header: server.header(), hash, compactRevision: store.compactRevision, hashRevision };
}

/** Answers when the other member leads. */
function moveLeader(server: EtcdServer, target: string, call: Call): void {
  if (!server.raft.isLeader) return call.fail(etcdFailure('notLeader'));
  if (server.membership.get(target)?.isLearner !== false) return call.fail(etcdFailure('badLeaderTransferee'));
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
