// Raft as a pure state machine: messages and ticks go in, `ready` says what to write, send and apply. No I/O, clock or network.
// Models go.etcd.io/raft/v3 (RawNode).
import { appendEntries, becomeFollower, newCore } from './core.ts';
import type { Core } from './core.ts';
import { changeConfiguration, checkChanges, leaveIfDue } from './conf-change.ts';
import { handleVoteRequest, handleVoteResponse, hup, inLease, tick } from './election.ts';
import {
  broadcastAppend,
  handleAppend,
  handleAppendResponse,
  handleHeartbeat,
  handleHeartbeatResponse,
  handleReadIndex,
  handleSnapshot,
  handleTransferLeader,
  reportSnapshot,
  reportUnreachable,
} from './replication.ts';
import { send, setLead } from './core.ts';
import { NONE } from './types.ts';
import type {
  ConfChange,
  Configuration,
  Entry,
  HardState,
  MemberId,
  Message,
  MessageOf,
  Payload,
  Proposal,
  ProposalResult,
  RaftConfig,
  Ready,
  Restored,
  Snapshot,
  SoftState,
} from './types.ts';

/** Committed entries handed out at once. */
const MAX_COMMITTED_SIZE_PER_READY = 4 * 1024 * 1024;

export interface RaftStatus extends HardState, SoftState {
  readonly id: MemberId;
  readonly applied: number;
  readonly lastIndex: number;
  readonly firstIndex: number;
  readonly leadTransferee: MemberId;
  readonly electionElapsed: number;
  readonly randomizedElectionTimeout: number;
}

export class Raft {
  private readonly core: Core;
  private hardState: HardState;
  private softState: SoftState;
  /** The Ready that its owner works on. */
  private accepted: Ready | undefined;

  constructor(config: RaftConfig, restored: Restored) {
    this.core = newCore(config, restored);
    this.hardState = hardStateOf(this.core);
    this.softState = softStateOf(this.core);
  }

  tick(): void {
    tick(this.core);
  }

  /** Starts an election at once. */
  campaign(): void {
    hup(this.core);
  }

  /** Dropped: no leader is known, the leadership is being handed over, or too much is under way. */
  propose(entries: readonly Proposal[]): ProposalResult {
    return proposeTo(this.core, this.core.id, entries);
  }

  /**
   * The first members of a new cluster, each as an entry that everybody has from the start: those who join later learn of them
   * as of all others. Models RawNode.Bootstrap.
   */
  bootstrap(members: readonly { readonly id: MemberId; readonly data: Payload }[]): void {
    const { core } = this;
    becomeFollower(core, 1, NONE);
    const entries = members.map(({ id, data }, at): Entry => {
      const change: ConfChange = { transition: 'auto', changes: [{ type: 'add-voter', id }] };
      return { term: 1, index: at + 1, data, size: 0, change };
    });
    core.log.append(entries);
    core.config.observe?.({ kind: 'append', entries });
    core.log.commitTo(entries.length);
  }

  /** To be called for every applied entry that has a change, before `advance`. Gives what holds from then on. */
  applyConfChange(change: ConfChange): Configuration {
    changeConfiguration(this.core, change);
    return this.core.configuration;
  }

  /** Answered by a ReadState with this context, if a leader can be reached. False: certainly not. */
  readIndex(context: string): boolean {
    return readIndexAt(this.core, this.core.id, context);
  }

  transferLeader(transferee: MemberId): void {
    transferAt(this.core, transferee);
  }

  reportUnreachable(id: MemberId): void {
    reportUnreachable(this.core, id);
  }

  reportSnapshot(id: MemberId, failed: boolean): void {
    reportSnapshot(this.core, id, failed);
  }

  step(message: Message): void {
    step(this.core, message);
  }

  hasReady(): boolean {
    if (this.accepted !== undefined) return false;
    const { core } = this;
    return (
      core.messages.length > 0 ||
      core.messagesAfterPersist.length > 0 ||
      core.readStates.length > 0 ||
      core.log.stable < core.log.lastIndex() ||
      core.log.pendingSnapshot !== undefined ||
      core.log.hasNextCommitted() ||
      !sameHardState(hardStateOf(core), this.hardState) ||
      !sameSoftState(softStateOf(core), this.softState)
    );
  }

  /** To be followed by `advance`, once all of it is written and sent and the committed entries are taken over. */
  ready(): Ready {
    const { core } = this;
    const hardState = hardStateOf(core);
    const softState = softStateOf(core);
    const entries = core.log.unstable();
    const ready: Ready = {
      softState: sameSoftState(softState, this.softState) ? undefined : softState,
      hardState: sameHardState(hardState, this.hardState) ? undefined : hardState,
      snapshot: core.log.pendingSnapshot,
      entries,
      committedEntries: core.log.nextCommitted(MAX_COMMITTED_SIZE_PER_READY),
      readStates: core.readStates,
      messages: core.messages,
      messagesAfterPersist: core.messagesAfterPersist,
      mustSync:
        entries.length > 0 ||
        core.log.pendingSnapshot !== undefined ||
        hardState.term !== this.hardState.term ||
        hardState.vote !== this.hardState.vote,
    };
    this.hardState = hardState;
    this.softState = softState;
    core.readStates = [];
    core.messages = [];
    core.messagesAfterPersist = [];
    this.accepted = ready;
    return ready;
  }

  advance(): void {
    const { core, accepted } = this;
    if (accepted === undefined) return;
    this.accepted = undefined;
    const last = accepted.entries.at(-1);
    if (last !== undefined) core.log.stableTo(last.index, last.term);
    if (accepted.snapshot !== undefined) core.log.installed(accepted.snapshot);
    const applied = accepted.committedEntries.at(-1);
    if (applied !== undefined) core.log.applied = Math.max(core.log.applied, applied.index);
    leaveIfDue(core);
    for (const message of accepted.messagesAfterPersist) if (message.to === core.id) step(core, message);
  }

  /** The state machine up to `snapshot.index` is saved: entries up to `compactTo` are not needed any more. */
  compact(snapshot: Snapshot, compactTo: number): void {
    this.core.log.snapshot = snapshot;
    this.core.log.compact(compactTo);
  }

  status(): RaftStatus {
    const { core } = this;
    const { log, leadTransferee, electionElapsed, randomizedElectionTimeout } = core;
    const positions = { applied: log.applied, lastIndex: log.lastIndex(), firstIndex: log.firstIndex() };
    const timers = { leadTransferee, electionElapsed, randomizedElectionTimeout };
    return { id: core.id, ...hardStateOf(core), ...softStateOf(core), ...positions, ...timers };
  }

  /** For checkers and transcripts: everything, to be looked at only. */
  inspect(): Readonly<Core> {
    return this.core;
  }
}

function hardStateOf(core: Core): HardState {
  return { term: core.term, vote: core.vote, commit: core.log.committed };
}

function softStateOf(core: Core): SoftState {
  return { lead: core.lead, role: core.role };
}

function sameHardState(a: HardState, b: HardState): boolean {
  return a.term === b.term && a.vote === b.vote && a.commit === b.commit;
}

function sameSoftState(a: SoftState, b: SoftState): boolean {
  return a.lead === b.lead && a.role === b.role;
}

function step(core: Core, message: Message): void {
  // Whoever left the cluster, or was never in it, has no say in terms and votes.
  if (message.term > core.term && !acceptNewTerm(core, message)) return;
  if (message.term > 0 && message.term < core.term) {
    answerOldTerm(core, message);
    return;
  }
  switch (message.type) {
    case 'MsgVote':
    case 'MsgPreVote':
      handleVoteRequest(core, message);
      return;
    case 'MsgProp':
      proposeTo(core, message.from, message.entries);
      return;
    case 'MsgReadIndex':
      readIndexAt(core, message.from, message.context);
      return;
    case 'MsgTransferLeader':
      transferAt(core, message.transferee);
      return;
    default:
      stepByRole(core, message);
  }
}

/** False: the message is to be ignored. */
function acceptNewTerm(core: Core, message: Message): boolean {
  const { type } = message;
  if ((type === 'MsgVote' || type === 'MsgPreVote') && inLease(core, message)) return false;
  if (type === 'MsgPreVote' || (type === 'MsgPreVoteResp' && !message.reject)) return true;
  const fromLeader = type === 'MsgApp' || type === 'MsgHeartbeat' || type === 'MsgSnap';
  becomeFollower(core, message.term, fromLeader ? message.from : NONE);
  return true;
}

function answerOldTerm(core: Core, message: Message): void {
  const { preVote, checkQuorum } = core.config;
  if ((message.type === 'MsgHeartbeat' || message.type === 'MsgApp') && (preVote || checkQuorum)) {
    // A leader of the past learns of the new term by this; without it, this member could stay cut off with a higher one.
    send(core, message.from, { type: 'MsgAppResp', index: 0, reject: false, rejectHint: 0, logTerm: 0 });
  } else if (message.type === 'MsgPreVote') {
    send(core, message.from, { type: 'MsgPreVoteResp', reject: true });
  }
}

type RoleMessage = Exclude<
  Message,
  MessageOf<'MsgVote' | 'MsgPreVote' | 'MsgProp' | 'MsgReadIndex' | 'MsgTransferLeader'>
>;

function stepByRole(core: Core, message: RoleMessage): void {
  switch (message.type) {
    case 'MsgApp':
    case 'MsgHeartbeat':
    case 'MsgSnap':
      if (core.role !== 'leader') followLeader(core, message);
      return;
    case 'MsgAppResp':
      if (core.role === 'leader') handleAppendResponse(core, message);
      return;
    case 'MsgHeartbeatResp':
      if (core.role === 'leader') handleHeartbeatResponse(core, message);
      return;
    case 'MsgVoteResp':
    case 'MsgPreVoteResp':
      if (core.role === 'candidate' || core.role === 'pre-candidate') handleVoteResponse(core, message);
      return;
    case 'MsgTimeoutNow':
      // No pre-vote: the leader itself wants this election.
      if (core.role === 'follower') hup(core, 'transfer');
      return;
    case 'MsgReadIndexResp':
      if (core.role === 'follower') core.readStates.push({ index: message.index, context: message.context });
  }
}

function followLeader(core: Core, message: MessageOf<'MsgApp' | 'MsgHeartbeat' | 'MsgSnap'>): void {
  if (core.role !== 'follower') becomeFollower(core, message.term, message.from);
  core.electionElapsed = 0;
  setLead(core, message.from);
  if (message.type === 'MsgApp') handleAppend(core, message);
  else if (message.type === 'MsgHeartbeat') handleHeartbeat(core, message);
  else handleSnapshot(core, message);
}

function proposeTo(core: Core, from: MemberId, entries: readonly Proposal[]): ProposalResult {
  if (core.role === 'follower' && core.lead !== NONE) {
    core.messages.push({ type: 'MsgProp', from, to: core.lead, term: 0, entries });
    return 'forwarded';
  }
  if (core.role !== 'leader' || core.leadTransferee !== NONE || !core.progress.has(core.id)) return 'dropped';
  if (!appendEntries(core, checkChanges(core, entries))) return 'dropped';
  broadcastAppend(core);
  return 'accepted';
}

function readIndexAt(core: Core, from: MemberId, context: string): boolean {
  if (core.role === 'leader') {
    handleReadIndex(core, from, context);
    return true;
  }
  if (core.role !== 'follower' || core.lead === NONE) return false;
  core.messages.push({ type: 'MsgReadIndex', from, to: core.lead, term: 0, context });
  return true;
}

function transferAt(core: Core, transferee: MemberId): void {
  if (core.role === 'leader') handleTransferLeader(core, transferee);
  else if (core.role === 'follower' && core.lead !== NONE)
    send(core, core.lead, { type: 'MsgTransferLeader', transferee });
}
