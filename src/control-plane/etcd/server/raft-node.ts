// Drives Raft: ticks, writes what it wants written, sends what may be sent by then, hands on what is committed.
// Models server/etcdserver/raft.go
import type { Env } from '../../../sim/env.ts';
import { Raft } from '../raft/raft.ts';
import type { RaftStatus } from '../raft/raft.ts';
import { configurationOf } from '../raft/quorum.ts';
import { NONE } from '../raft/types.ts';
import type {
  ConfChange,
  Configuration,
  Entry,
  MemberId,
  Message,
  Proposal,
  RaftEvent,
  ReadState,
  Ready,
  Snapshot,
  SoftState,
} from '../raft/types.ts';
import { addressOf } from './options.ts';
import type { EtcdOptions } from './options.ts';
import type { Member } from '../../../api/etcd.ts';
import type { Bootstrapped } from './bootstrap.ts';
import { log } from './log.ts';
import type { Membership } from './membership.ts';
import { Peers, type Acquaintance } from './peers.ts';
import { RaftTrace } from './raft-trace.ts';
import { requestOf } from './request.ts';
import type { InternalRequest } from './request.ts';
import type { Storage } from './storage.ts';
import type { Identity } from './tls.ts';

const MAX_SIZE_PER_MESSAGE = 1024 * 1024;
const MAX_INFLIGHT_MESSAGES = 4096 / 8;
const MAX_UNCOMMITTED_SIZE = 1024 * 1024 * 1024;

export interface StateMachine {
  /** Replaces everything by what a snapshot holds. */
  restore(snapshot: Snapshot): void;
  apply(entries: readonly Entry[]): void;
  leadership(state: SoftState): void;
  confirmReads(states: readonly ReadState[]): void;
  /** The applied state, now. */
  image(): string;
  readonly applied: { readonly index: number; readonly term: number };
  /** As of what is applied. */
  readonly membership: Membership;
  /** The others say that this member was removed. */
  removed(): void;
}

export class RaftNode {
  readonly id: MemberId;
  private readonly env: Env;
  private readonly options: EtcdOptions;
  private readonly clusterId: string;
  private readonly storage: Storage;
  private readonly peers: Peers;
  private readonly machine: StateMachine;
  private readonly raft: Raft;
  private readonly trace: RaftTrace;
  private readonly waiting: Proposal[] = [];
  private writing = false;
  private pumping = false;
  private leading = false;
  private snapshotting = false;
  private snapshotIndex: number;
  private boosted = false;

  constructor(env: Env, options: EtcdOptions, from: Bootstrapped, identity: Identity, machine: StateMachine) {
    this.env = env;
    this.options = options;
    this.machine = machine;
    this.id = from.memberId;
    this.clusterId = from.clusterId;
    this.storage = from.storage;
    this.trace = new RaftTrace(env, options, this.id, (id) => machine.membership.get(id));
    this.trace.start(from.clusterId);
    const { restored } = from;
    this.snapshotIndex = restored.snapshot?.index ?? 0;
    if (restored.snapshot !== undefined) machine.restore(restored.snapshot);
    this.raft = new Raft(
      {
        id: this.id,
        configuration: configurationOf([]),
        electionTicks: Math.floor(options.election / options.heartbeat),
        heartbeatTicks: 1,
        preVote: options.preVote,
        checkQuorum: true,
        maxSizePerMessage: MAX_SIZE_PER_MESSAGE,
        maxInflightMessages: MAX_INFLIGHT_MESSAGES,
        maxUncommittedSize: MAX_UNCOMMITTED_SIZE,
        random: (limit) => env.random.below(limit),
        observe: (event) => this.observe(event),
        bugs: options.bugs,
      },
      restored,
    );
    this.trace.restored(restored);
    this.peers = this.meet(identity);
    for (const { id, peerUrls } of [...from.initial, ...from.remotes, ...machine.membership.list()])
      this.seek(id, peerUrls);
    if (restored.snapshot !== undefined) this.trace.configuration(restored.snapshot.configuration);
    if (from.initial.length > 0)
      this.raft.bootstrap(from.initial.map((member) => ({ id: member.id, data: added(member) })));
  }

  private meet(identity: Identity): Peers {
    const { machine } = this;
    const known: Acquaintance = {
      clusterId: this.clusterId,
      self: this.id,
      peerUrls: this.options.advertisePeerUrls,
      isMember: (id) => machine.membership.get(id) !== undefined,
      isRemoved: (id) => machine.membership.isRemoved(id),
      info: () => ({ clusterId: this.clusterId, members: machine.membership.list() }),
    };
    return new Peers(this.env, identity, known, {
      message: (message) => {
        this.raft.step(message);
        this.pump();
      },
      unreachable: (id) => this.raft.reportUnreachable(id),
      connected: () => this.boostFirstElection(),
      removed: () => machine.removed(),
      snapshotSent: (id, failed) => {
        this.raft.reportSnapshot(id, failed);
        this.pump();
      },
    });
  }

  start(): void {
    this.peers.start(this.options.listenPeer);
    // Nobody else's word is needed, so nobody's has to be waited for.
    if (this.machine.membership.list().length === 1) this.boostFirstElection();
    this.pump();
  }

  private seek(id: MemberId, peerUrls: readonly string[]): void {
    const [url] = peerUrls;
    if (id !== this.id && url !== undefined) this.peers.set(id, addressOf(url));
  }

  /** An applied entry changes who belongs to the cluster; the membership knows of it already. */
  applyConfChange(change: ConfChange): Configuration {
    const configuration = this.raft.applyConfChange(change);
    for (const { type, id } of change.changes) {
      const member = this.machine.membership.get(id);
      if (member !== undefined) this.seek(id, member.peerUrls);
      else if (type === 'remove' && id !== this.id) this.peers.remove(id);
    }
    return configuration;
  }

  isActive(id: MemberId): boolean {
    return this.peers.isActive(id);
  }

  /** How much of the leader's log a member has, as far as this leader knows; undefined: it does not lead, or knows no such member. */
  matchOf(id: MemberId): number | undefined {
    const { role, progress } = this.raft.inspect();
    return role === 'leader' ? progress.get(id)?.match : undefined;
  }

  tick(): void {
    this.raft.tick();
    this.pump();
  }

  /** A member that has just started spares the cluster most of the first election timeout. Models EtcdServer's advanceTicks. */
  private boostFirstElection(): void {
    if (this.boosted) return;
    this.boosted = true;
    if (this.lead !== NONE) return;
    const ticks = Math.floor(this.options.election / this.options.heartbeat) - 2;
    for (let count = 0; count < ticks; count++) this.raft.tick();
  }

  /** Waits for a leader if there is none: the caller decides for how long. */
  propose(proposal: Proposal): void {
    this.waiting.push(proposal);
    this.pump();
  }

  readIndex(context: string): void {
    this.raft.readIndex(context);
    this.pump();
  }

  transferLeader(to: MemberId): void {
    this.raft.transferLeader(to);
    this.pump();
  }

  get lead(): MemberId {
    return this.raft.inspect().lead;
  }

  get isLeader(): boolean {
    return this.raft.inspect().role === 'leader';
  }

  get term(): number {
    return this.raft.inspect().term;
  }

  get committed(): number {
    return this.raft.inspect().log.committed;
  }

  status(): RaftStatus {
    return this.raft.status();
  }

  /** Whether enough members have been connected since then to make a majority with this one. */
  hasQuorumSince(since: number): boolean {
    return this.connectedSince(since) > this.machine.membership.voters().length / 2;
  }

  /** Voters, this member among them. */
  connectedSince(since: number): number {
    const voters = this.machine.membership.voters().map(({ id }) => id);
    return this.peers.countConnectedSince(since, voters) + (voters.includes(this.id) ? 1 : 0);
  }

  longestConnected(): MemberId | undefined {
    return this.peers.longestConnected(this.machine.membership.voters().map(({ id }) => id));
  }

  isConnectedSince(id: MemberId, since: number): boolean {
    return this.peers.isConnectedSince(id, since);
  }

  /** Everything there is to do until a write has to reach the disk. Not re-entered: what comes up meanwhile is seen by the loop. */
  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    while (!this.writing) {
      this.proposeWaiting();
      if (!this.raft.hasReady()) break;
      this.handle(this.raft.ready());
    }
    this.pumping = false;
  }

  /** All at once: they share one entry message and one write. */
  private proposeWaiting(): void {
    const { lead, leadTransferee } = this.raft.inspect();
    if (this.waiting.length === 0 || lead === NONE || leadTransferee !== NONE) return;
    const last = requestOf(this.waiting.at(-1)?.data ?? null);
    const batch = this.waiting.splice(0);
    this.env.because(last?.cause ?? this.env.cause(), () => this.raft.propose(batch));
  }

  private handle(ready: Ready): void {
    // A leader's followers write while it does.
    const sendFirst = this.leading;
    if (ready.softState !== undefined) this.machine.leadership(ready.softState);
    if (sendFirst) this.send(ready.messages);
    if (ready.committedEntries.length > 0) this.machine.apply(ready.committedEntries);
    if (ready.readStates.length > 0) this.machine.confirmReads(ready.readStates);
    if (!this.save(ready)) return;
    const early = this.options.bugs.voteWithoutPersisting;
    if (early) this.send(ready.messagesAfterPersist.filter(isVote));
    const finish = (): void => {
      if (!sendFirst) this.send(ready.messages);
      this.send(early ? ready.messagesAfterPersist.filter((message) => !isVote(message)) : ready.messagesAfterPersist);
      if (ready.snapshot !== undefined) this.installed(ready.snapshot);
      this.raft.advance();
    };
    if (!ready.mustSync) {
      finish();
      this.maybeSnapshot();
      return;
    }
    this.writing = true;
    this.env.disk.fsync(() => {
      this.writing = false;
      const last = ready.entries.at(-1) ?? ready.snapshot;
      if (last !== undefined) this.trace.durable(last.index);
      if (ready.hardState !== undefined) this.trace.hardState(ready.hardState);
      finish();
      this.maybeSnapshot();
      this.pump();
    });
  }

  /** False: it could not, and the process ends: what it cannot keep it must not confirm. */
  private save(ready: Ready): boolean {
    if (ready.snapshot !== undefined && !this.storage.saveSnapshot(ready.snapshot, []))
      return this.die('failed to save Raft snapshot');
    if (this.storage.save(ready.hardState, ready.entries)) return true;
    return this.die('failed to save Raft hard state and entries');
  }

  private die(message: string): false {
    log(this.env, 'fatal', message, { error: `write ${this.storage.walPath}: no space left on device` });
    this.env.exit(1);
    this.writing = true;
    return false;
  }

  private send(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.to === this.id) continue;
      if (message.type === 'MsgVoteResp' && !message.reject) this.trace.vote(message, this.term);
      this.env.because(causeOf(message) ?? this.env.cause(), () => this.peers.send(this.filled(message)));
    }
  }

  /** A snapshot is made when it is sent: whatever is applied by then need not be sent again. */
  private filled(message: Message): Message {
    return message.type === 'MsgSnap' ? { ...message, snapshot: this.snapshot() } : message;
  }

  private snapshot(): Snapshot {
    const { index, term } = this.machine.applied;
    return { index, term, configuration: this.raft.inspect().configuration, data: this.machine.image() };
  }

  private installed(snapshot: Snapshot): void {
    this.snapshotIndex = snapshot.index;
    this.machine.restore(snapshot);
    for (const { id, peerUrls } of this.machine.membership.list()) this.seek(id, peerUrls);
    this.peers.forgetRemoved();
    this.storage.forgetOld(snapshot);
  }

  /** Once enough was applied since the last one. */
  private maybeSnapshot(): void {
    const { applied } = this.machine;
    if (this.snapshotting || this.writing || applied.index - this.snapshotIndex <= this.options.snapshotCount) return;
    this.snapshotting = true;
    const snapshot = this.snapshot();
    this.snapshotIndex = snapshot.index;
    const { log } = this.raft.inspect();
    const tail = log.slice(snapshot.index + 1, log.stable, Number.MAX_SAFE_INTEGER);
    if (!this.storage.saveSnapshot(snapshot, tail)) {
      this.die('failed to save snapshot');
      return;
    }
    this.env.disk.fsync(() => {
      this.snapshotting = false;
      this.storage.forgetOld(snapshot);
      this.trace.snapshot(snapshot, 'made');
      const compactTo = Math.max(0, snapshot.index - this.options.snapshotCatchupEntries);
      // The entries stay in memory for a while: a follower that is a little behind then needs no snapshot.
      this.raft.compact({ ...snapshot, data: '' }, compactTo);
      if (compactTo > 0) this.trace.compacted(compactTo);
    });
  }

  private observe(event: RaftEvent): void {
    if (event.kind === 'role') this.leading = event.role === 'leader';
    this.trace.observe(event);
  }

  get isLearner(): boolean {
    return this.machine.membership.get(this.id)?.isLearner === true;
  }

  /** Whoever watches knows members by the names that they have published. */
  tellMembers(): void {
    this.trace.configuration(this.raft.inspect().configuration);
  }
}

function added(member: Member): InternalRequest {
  return { id: '', op: { conf: { type: 'add', member } } };
}

function isVote(message: Message): boolean {
  return message.type === 'MsgVoteResp' || message.type === 'MsgPreVoteResp';
}

/** Whatever led to the newest of what the message carries. */
function causeOf(message: Message): string | undefined {
  if (message.type !== 'MsgApp' && message.type !== 'MsgProp') return undefined;
  const last = message.entries.at(-1);
  return last === undefined ? undefined : requestOf(last.data)?.cause;
}
