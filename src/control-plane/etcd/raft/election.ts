// Ticks, campaigns and votes. Models go.etcd.io/raft/v3 (raft.go).
import {
  becomeCandidate,
  becomeFollower,
  becomeLeader,
  becomePreCandidate,
  hasUnappliedChange,
  promotable,
  send,
} from './core.ts';
import type { Core } from './core.ts';
import { isVoter, membersOf, voteResult } from './quorum.ts';
import { broadcastAppend, broadcastHeartbeat } from './replication.ts';
import { NONE } from './types.ts';
import type { MessageOf } from './types.ts';

type Campaign = 'pre-election' | 'election' | 'transfer';

export function tick(core: Core): void {
  if (core.role === 'leader') tickHeartbeat(core);
  else tickElection(core);
}

function tickElection(core: Core): void {
  core.electionElapsed++;
  if (!promotable(core) || core.electionElapsed < core.randomizedElectionTimeout) return;
  core.electionElapsed = 0;
  hup(core);
}

function tickHeartbeat(core: Core): void {
  core.heartbeatElapsed++;
  core.electionElapsed++;
  if (core.electionElapsed >= core.config.electionTicks) {
    core.electionElapsed = 0;
    if (core.config.checkQuorum) checkQuorum(core);
    // A transfer that takes longer than an election is given up.
    core.leadTransferee = NONE;
  }
  if (core.role !== 'leader' || core.heartbeatElapsed < core.config.heartbeatTicks) return;
  core.heartbeatElapsed = 0;
  broadcastHeartbeat(core, core.readOnly.lastContext());
}

/** A leader that has not heard of a majority for an election timeout steps down. */
function checkQuorum(core: Core): void {
  const active = new Map([...core.progress].map(([id, progress]) => [id, id === core.id || progress.recentActive]));
  if (voteResult(core.configuration, active) !== 'won') becomeFollower(core, core.term, NONE);
  for (const [id, progress] of core.progress) if (id !== core.id) progress.recentActive = false;
}

export function hup(core: Core, kind: Campaign = core.config.preVote ? 'pre-election' : 'election'): void {
  if (core.role !== 'leader' && promotable(core) && !hasUnappliedChange(core)) campaign(core, kind);
}

function campaign(core: Core, kind: Campaign): void {
  const preVote = kind === 'pre-election';
  if (preVote) becomePreCandidate(core);
  else becomeCandidate(core);
  // A pre-vote asks about the term that would come.
  const term = preVote ? core.term + 1 : core.term;
  for (const id of membersOf(core.configuration)) {
    if (!isVoter(core.configuration, id)) continue;
    if (id === core.id) {
      send(core, id, { type: preVote ? 'MsgPreVoteResp' : 'MsgVoteResp', reject: false }, term);
      continue;
    }
    const body = { index: core.log.lastIndex(), logTerm: core.log.lastTerm(), transfer: kind === 'transfer' };
    send(core, id, { type: preVote ? 'MsgPreVote' : 'MsgVote', ...body }, term);
  }
}

/** True: the leader is alive as far as this member knows, so the candidate is not even answered. */
export function inLease(core: Core, message: MessageOf<'MsgVote' | 'MsgPreVote'>): boolean {
  const { checkQuorum, electionTicks } = core.config;
  return !message.transfer && checkQuorum && core.lead !== NONE && core.electionElapsed < electionTicks;
}

export function handleVoteRequest(core: Core, message: MessageOf<'MsgVote' | 'MsgPreVote'>): void {
  const preVote = message.type === 'MsgPreVote';
  const free =
    core.vote === message.from || (core.vote === NONE && core.lead === NONE) || (preVote && message.term > core.term);
  const granted = free && core.log.isUpToDate(message.index, message.logTerm);
  const type = preVote ? 'MsgPreVoteResp' : 'MsgVoteResp';
  if (granted) {
    // The answer to a pre-vote carries the term asked about, since this member's own may be older.
    send(core, message.from, { type, reject: false }, message.term);
    if (!preVote) {
      core.electionElapsed = 0;
      core.vote = message.from;
    }
  } else {
    send(core, message.from, { type, reject: true });
  }
  core.config.observe?.({ kind: 'vote', term: message.term, candidate: message.from, granted, preVote });
}

export function handleVoteResponse(core: Core, message: MessageOf<'MsgVoteResp' | 'MsgPreVoteResp'>): void {
  const mine = core.role === 'pre-candidate' ? 'MsgPreVoteResp' : 'MsgVoteResp';
  if (message.type !== mine) return;
  if (!core.votes.has(message.from)) core.votes.set(message.from, !message.reject);
  const result = voteResult(core.configuration, core.votes);
  if (result === 'lost') becomeFollower(core, core.term, NONE);
  if (result !== 'won') return;
  if (core.role === 'pre-candidate') {
    campaign(core, 'election');
  } else {
    becomeLeader(core);
    broadcastAppend(core);
  }
}
