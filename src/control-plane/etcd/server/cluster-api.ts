// Members come and go. Models server/etcdserver/api/v3rpc/member.go and the *Member methods of server/etcdserver/server.go
import { EtcdPaths } from '../../../api/etcd.ts';
import type { Member } from '../../../api/etcd.ts';
import { SECOND } from '../../../sim/env.ts';
import { etcdFailure } from '../errors.ts';
import type { Method } from './api.ts';
import type { Call, EtcdServer } from './etcd-server.ts';
import { newMemberId } from './identity.ts';
import type { LeaseApi } from './lease-api.ts';
import type { MemberChange } from './membership.ts';

/** Connected for this long, a member counts as healthy. */
const HEALTH_INTERVAL = 5 * SECOND;
/** Of the leader's log a learner has to have nine tenths. */
const READY = { numerator: 9, denominator: 10 };

export function clusterMethods(server: EtcdServer, leases: LeaseApi): [string, Method][] {
  return [
    [EtcdPaths.memberList, (body, call) => list(server, body['linearizable'] !== false, call)],
    [EtcdPaths.memberAdd, (body, call) => add(server, peerUrlsOf(body), body['isLearner'] === true, call)],
    [EtcdPaths.memberRemove, (body, call) => remove(server, String(body['id']), call)],
    [
      EtcdPaths.memberUpdate,
      (body, call) => change(server, { type: 'update', id: String(body['id']), peerUrls: peerUrlsOf(body) }, call),
    ],
    [EtcdPaths.memberPromote, (body, call) => promote(server, leases, String(body['id']), call)],
  ];
}

function list(server: EtcdServer, linearizable: boolean, call: Call): void {
  const answer = (): void => call.respond({ header: server.header(), members: server.membership.list() });
  if (linearizable) server.linearizable(call, answer);
  else answer();
}

function peerUrlsOf(body: Record<string, unknown>): string[] {
  const { peerUrls } = body;
  const urls = Array.isArray(peerUrls) ? peerUrls.map(String) : [];
  if (urls.length === 0 || !urls.every((url) => /^https?:\/\/[^\s/]+:\d+$/.test(url)))
    throw etcdFailure('badMemberUrls');
  return urls;
}

function change(server: EtcdServer, conf: MemberChange, call: Call): void {
  server.propose({ conf }, 200, call);
}

function add(server: EtcdServer, peerUrls: readonly string[], isLearner: boolean, call: Call): void {
  const { options, membership, raft, env } = server;
  if (options.strictReconfigCheck) {
    if (!isLearner && !membership.isReadyToAddVoter()) throw etcdFailure('notEnoughStarted');
    if (raft.connectedSince(env.uptime() - HEALTH_INTERVAL) < membership.voters().length)
      throw etcdFailure('unhealthy');
  }
  const member: Member = { id: newMemberId(peerUrls, env.now()), name: '', peerUrls, clientUrls: [], isLearner };
  change(server, { type: 'add', member }, call);
}

function remove(server: EtcdServer, id: string, call: Call): void {
  if (server.options.strictReconfigCheck) checkRemove(server, id);
  change(server, { type: 'remove', id }, call);
}

/** Whoever stays has to be a quorum that runs and is connected. */
function checkRemove({ membership, raft, env, memberId }: EtcdServer, id: string): void {
  if (membership.get(id)?.isLearner === true) return;
  if (!membership.isReadyToRemoveVoter(id)) throw etcdFailure('notEnoughStarted');
  // One that is down is not part of the quorum as it is.
  if (id !== memberId && !raft.isActive(id)) return;
  const voters = membership.voters().length;
  if (raft.connectedSince(env.uptime() - HEALTH_INTERVAL) - 1 < 1 + Math.floor((voters - 1) / 2))
    throw etcdFailure('unhealthy');
}

/** Only the leader knows how far a learner is. */
function promote(server: EtcdServer, leases: LeaseApi, id: string, call: Call): void {
  if (!server.raft.isLeader) return leases.askLeader(EtcdPaths.memberPromote, { id }, call);
  const { membership, raft, options, memberId } = server;
  const match = raft.matchOf(id);
  if (match === undefined) throw etcdFailure('memberNotFound');
  const leaders = raft.matchOf(memberId) ?? 0;
  if (match * READY.denominator < leaders * READY.numerator) throw etcdFailure('learnerNotReady');
  if (options.strictReconfigCheck && !membership.isReadyToPromote()) throw etcdFailure('notEnoughStarted');
  change(server, { type: 'promote', id }, call);
}
