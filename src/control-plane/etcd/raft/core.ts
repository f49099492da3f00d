// The state of one member, and the changes of role. Models go.etcd.io/raft/v3 (raft.go).
import { RaftLog } from './log.ts';
import { newProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { committedIndex, isOnlyVoter, isVoter, membersOf } from './quorum.ts';
import { ReadOnly } from './read-only.ts';
import { NONE } from './types.ts';
import type {
  Configuration,
  Entry,
  MemberId,
  Message,
  MessageBody,
  Proposal,
  RaftConfig,
  ReadState,
  Restored,
  Role,
} from './types.ts';

export interface Core {
  readonly config: RaftConfig;
  readonly id: MemberId;
  readonly log: RaftLog;
  configuration: Configuration;
  term: number;
  vote: MemberId;
  role: Role;
  lead: MemberId;
  /** Candidates: who answered what. */
  votes: Map<MemberId, boolean>;
  progress: Map<MemberId, Progress>;
  leadTransferee: MemberId;
  /** Leaders: the last entry that changes the configuration, or may; until it is applied there may be no other. */
  pendingChange: number;
  electionElapsed: number;
  heartbeatElapsed: number;
  randomizedElectionTimeout: number;
  uncommittedSize: number;
  readonly readOnly: ReadOnly;
  /** Reads asked for before this leader has committed an entry of its own term. */
  pendingReads: { readonly from: MemberId; readonly context: string }[];
  readStates: ReadState[];
  messages: Message[];
  messagesAfterPersist: Message[];
}

export function newCore(config: RaftConfig, restored: Restored): Core {
  const { hardState, snapshot, entries, applied } = restored;
  const core: Core = {
    config,
    id: config.id,
    log: new RaftLog(snapshot, entries, hardState.commit, applied),
    configuration: snapshot?.configuration ?? config.configuration,
    term: hardState.term,
    vote: hardState.vote,
    role: 'follower',
    lead: NONE,
    votes: new Map(),
    progress: new Map(),
    leadTransferee: NONE,
    pendingChange: 0,
    electionElapsed: 0,
    heartbeatElapsed: 0,
    randomizedElectionTimeout: 0,
    uncommittedSize: 0,
    readOnly: new ReadOnly(),
    pendingReads: [],
    readStates: [],
    messages: [],
    messagesAfterPersist: [],
  };
  becomeFollower(core, core.term, NONE);
  return core;
}

export function becomeFollower(core: Core, term: number, lead: MemberId): void {
  reset(core, term);
  core.lead = lead;
  setRole(core, 'follower');
}

export function becomePreCandidate(core: Core): void {
  // Neither term nor vote change: a pre-candidate disturbs no one.
  core.votes = new Map();
  core.lead = NONE;
  setRole(core, 'pre-candidate');
}

export function becomeCandidate(core: Core): void {
  reset(core, core.term + 1);
  core.vote = core.id;
  setRole(core, 'candidate');
}

export function becomeLeader(core: Core): void {
  reset(core, core.term);
  core.lead = core.id;
  const self = core.progress.get(core.id);
  if (self !== undefined) {
    self.state = 'replicate';
    self.recentActive = true;
  }
  setRole(core, 'leader');
  // Whether one of the entries that it took over changes the configuration is not looked up: to wait for them all is safe.
  core.pendingChange = core.log.lastIndex();
  appendEntries(core, [{ data: null, size: 0 }]);
}

export function reset(core: Core, term: number): void {
  if (core.term !== term) {
    core.term = term;
    core.vote = NONE;
  }
  core.lead = NONE;
  core.electionElapsed = 0;
  core.heartbeatElapsed = 0;
  resetElectionTimeout(core);
  core.leadTransferee = NONE;
  core.pendingChange = 0;
  core.votes = new Map();
  core.progress = new Map();
  for (const id of membersOf(core.configuration)) {
    core.progress.set(
      id,
      newProgress(id === core.id ? core.log.lastIndex() : 0, core.log.lastIndex() + 1, id === core.id),
    );
  }
  core.uncommittedSize = 0;
  core.pendingReads = [];
  core.readOnly.clear();
}

/** Anew at each change of role or term, so that split votes end. */
function resetElectionTimeout(core: Core): void {
  const { electionTicks, random } = core.config;
  core.randomizedElectionTimeout = electionTicks + random(electionTicks);
  core.config.observe?.({ kind: 'election-timer', ticks: core.randomizedElectionTimeout });
}

function setRole(core: Core, role: Role): void {
  core.role = role;
  core.config.observe?.({ kind: 'role', role, term: core.term, lead: core.lead });
}

/** A follower that learns who leads keeps its role, yet the change is worth telling. */
export function setLead(core: Core, lead: MemberId): void {
  if (core.lead === lead) return;
  core.lead = lead;
  core.config.observe?.({ kind: 'role', role: core.role, term: core.term, lead });
}

export function promotable(core: Core): boolean {
  return isVoter(core.configuration, core.id) && core.log.pendingSnapshot === undefined;
}

/** It might be elected by members that have no say any more: first it has to apply what is committed. */
export function hasUnappliedChange({ log }: Core): boolean {
  for (let index = log.applied + 1; index <= log.committed; index++)
    if (log.at(index)?.change !== undefined) return true;
  return false;
}

/** False: too much is waiting to be committed already. */
export function appendEntries(core: Core, proposals: readonly Proposal[]): boolean {
  const size = proposals.reduce((sum, proposal) => sum + proposal.size, 0);
  if (core.uncommittedSize > 0 && size > 0 && core.uncommittedSize + size > core.config.maxUncommittedSize)
    return false;
  core.uncommittedSize += size;
  const first = core.log.lastIndex() + 1;
  const entries = proposals.map((proposal, at): Entry => ({
    term: core.term,
    index: first + at,
    data: proposal.data,
    size: proposal.size,
    ...(proposal.change === undefined ? {} : { change: proposal.change }),
  }));
  core.log.append(entries);
  core.config.observe?.({ kind: 'append', entries });
  // The leader counts itself only once its own disk has the entries.
  send(core, core.id, { type: 'MsgAppResp', index: core.log.lastIndex(), reject: false, rejectHint: 0, logTerm: 0 });
  return true;
}

export function commitTo(core: Core, index: number): boolean {
  const before = core.log.committed;
  if (!core.log.commitTo(index)) return false;
  if (core.uncommittedSize > 0) {
    for (let at = before + 1; at <= index; at++) core.uncommittedSize -= core.log.at(at)?.size ?? 0;
    core.uncommittedSize = Math.max(0, core.uncommittedSize);
  }
  core.config.observe?.({ kind: 'commit', index });
  return true;
}

/** §5.4.2: counting replicas commits only entries of the leader's own term; earlier ones follow with them. */
export function maybeCommit(core: Core): boolean {
  const index = committedIndex(core.configuration, (id) => core.progress.get(id)?.match ?? 0);
  if (core.log.term(index) !== core.term && core.config.bugs?.commitByCountingAcrossTerms !== true) return false;
  return commitTo(core, index);
}

export function committedInCurrentTerm(core: Core): boolean {
  return core.log.term(core.log.committed) === core.term;
}

export function singleton(core: Core): boolean {
  return isOnlyVoter(core.configuration, core.id);
}

/** Messages that promise something about the log or the vote wait for the disk; all others need not. */
export function send(core: Core, to: MemberId, body: MessageBody, term = termOf(core, body)): void {
  const message: Message = { from: core.id, to, term, ...body };
  const promises = body.type === 'MsgAppResp' || body.type === 'MsgVoteResp' || body.type === 'MsgPreVoteResp';
  if (promises) core.messagesAfterPersist.push(message);
  else core.messages.push(message);
}

function termOf(core: Core, body: MessageBody): number {
  return body.type === 'MsgProp' || body.type === 'MsgReadIndex' || body.type === 'MsgTransferLeader' ? 0 : core.term;
}
