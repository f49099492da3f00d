// One member: takes requests, has them agreed on, applies them, answers. Models server/etcdserver/server.go
import type { ResponseHeader } from '../../../api/etcd.ts';
import type { Env, Micros } from '../../../sim/env.ts';
import { MILLISECOND, SECOND } from '../../../sim/env.ts';
import { etcdFailure } from '../errors.ts';
import type { EtcdFailure } from '../errors.ts';
import type { Change } from '../mvcc/revision.ts';
import { NONE } from '../raft/types.ts';
import type { Entry, MemberId, ReadState, Snapshot, SoftState } from '../raft/types.ts';
import { costOf } from './alarms.ts';
import type { Bootstrapped } from './bootstrap.ts';
import { Keyspace } from './keyspace.ts';
import type { AppliedRequest, Outcome } from './keyspace.ts';
import type { EtcdOptions } from './options.ts';
import { log } from './log.ts';
import { confChangeOf } from './membership.ts';
import type { Membership } from './membership.ts';
import { RaftNode } from './raft-node.ts';
import type { StateMachine } from './raft-node.ts';
import { Reads } from './reads.ts';
import { requestOf } from './request.ts';
import type { InternalRequest, Operation } from './request.ts';
import type { Identity } from './tls.ts';

/** Committed entries that may wait to be applied before new requests are refused. */
const MAX_GAP = 5000;
const LEASE_CHECK_EVERY: Micros = 500 * MILLISECOND;
/** Half of what may be revoked in a second: upstream's lessor looks twice a second. */
const MAX_REVOKED_AT_ONCE = 500;

export interface Call {
  readonly cause: string | undefined;
  readonly by: string | undefined;
  respond(response: object): void;
  fail(failure: EtcdFailure): void;
}

interface Pending extends Call {
  readonly since: Micros;
}

export class EtcdServer implements StateMachine {
  readonly env: Env;
  readonly options: EtcdOptions;
  readonly clusterId: string;
  readonly keyspace: Keyspace;
  readonly raft: RaftNode;
  readonly reads: Reads;
  readonly requestTimeout: Micros;
  applied = { index: 0, term: 0 };
  private readonly id: MemberId;
  /** In the order in which they were proposed, which is that of their deadlines. */
  private readonly pending = new Map<string, Pending>();
  private readonly idPrefix: string;
  private nextId = 1;
  private leadElectedAt: Micros = 0;
  private lead: MemberId = NONE;
  /** Since when nobody leads, as far as this member knows. */
  private leaderlessSince: Micros | undefined = 0;
  /** Bytes of the backend's file: pages that became free are used again, and kept. */
  private fileSize = 0;
  private published = false;
  private leaving = false;
  private readonly onTick: (() => void)[] = [];

  constructor(env: Env, options: EtcdOptions, from: Bootstrapped, peerIdentity: Identity) {
    this.env = env;
    this.options = options;
    this.clusterId = from.clusterId;
    this.id = from.memberId;
    this.idPrefix = env.random.hex(8);
    this.requestTimeout = 5 * SECOND + 2 * options.election;
    this.leaderlessSince = env.uptime();
    // Shorter than an election they could run out with nobody to renew them.
    const minLeaseTtl = Math.ceil((3 * Math.floor(options.election / 2)) / SECOND);
    this.keyspace = new Keyspace(minLeaseTtl, options.maxLearners, (revision) => this.headerAt(revision));
    this.raft = new RaftNode(env, options, from, peerIdentity, this);
    this.reads = new Reads(
      env,
      this.requestTimeout,
      (context) => this.raft.readIndex(context),
      () => this.applied.index,
    );
  }

  start(): void {
    this.raft.start();
    this.every(this.options.heartbeat, () => this.tick());
    this.every(LEASE_CHECK_EVERY, () => this.revokeExpired());
  }

  private every(period: Micros, action: () => void): void {
    this.env.after(period, () => {
      // Due again from now on, whatever the action takes; nothing that happened before led to it.
      this.every(period, action);
      this.env.because(undefined, action);
    });
  }

  private tick(): void {
    this.raft.tick();
    this.reads.tick();
    this.expirePending();
    // Upstream looks every 100 ms, which is the heartbeat's default too.
    if (this.keyspace.hub.needsSync) this.keyspace.hub.sync();
    for (const listener of this.onTick) listener();
  }

  addTickListener(listener: () => void): void {
    this.onTick.push(listener);
  }

  headerAt(revision: number): ResponseHeader {
    return { clusterId: this.clusterId, memberId: this.id, revision, raftTerm: this.raft.term };
  }

  header(): ResponseHeader {
    return this.headerAt(this.keyspace.store.revision);
  }

  get memberId(): MemberId {
    return this.id;
  }

  /** How long this member has not known a leader. */
  get leaderlessFor(): Micros {
    return this.leaderlessSince === undefined ? 0 : this.env.uptime() - this.leaderlessSince;
  }

  get membership(): Membership {
    return this.keyspace.membership;
  }

  /** Bytes of the backend, in its pages. */
  sizes(): { readonly dbSize: number; readonly dbSizeInUse: number } {
    const inUse = Math.ceil((this.keyspace.store.sizeInUse + 16_384) / 4096) * 4096;
    this.fileSize = Math.max(this.fileSize, inUse);
    return { dbSize: this.fileSize, dbSizeInUse: inUse };
  }

  /** The file is written anew, without its free pages. */
  defragment(): void {
    this.fileSize = 0;
    const { dbSize } = this.sizes();
    log(this.env, 'info', 'finished defragmenting directory', { 'current-db-size-bytes': dbSize });
  }

  /** Answers once the operation is applied here. */
  propose(op: Operation, size: number, call: Call): void {
    const cost = costOf(op);
    if (cost > 0 && this.sizes().dbSize + cost >= this.options.quotaBackendBytes) return this.refuseForSpace(call);
    if (this.raft.committed > this.applied.index + MAX_GAP) return call.fail(etcdFailure('tooManyRequests'));
    const id = `${this.idPrefix}-${this.nextId++}`;
    const { cause, by } = call;
    const request: InternalRequest = {
      id,
      op,
      ...(cause === undefined ? {} : { cause }),
      ...(by === undefined ? {} : { by }),
    };
    this.pending.set(id, { ...call, respond: call.respond, fail: call.fail, since: this.env.uptime() });
    this.raft.propose({ data: request, size, ...('conf' in op ? { change: confChangeOf(op.conf) } : {}) });
  }

  /** The alarm is raised for all: whatever any member can still take, this one cannot. */
  private refuseForSpace(call: Call): void {
    const refuse = (): void => call.fail(etcdFailure('noSpace'));
    const alarm = { action: 'ACTIVATE', memberId: this.id, alarm: 'NOSPACE' } as const;
    if (this.keyspace.alarms.list().some((each) => each.memberId === this.id && each.alarm === 'NOSPACE'))
      return refuse();
    log(this.env, 'warn', 'alarm raised', { alarm: 'NOSPACE', from: this.id });
    this.propose({ alarm }, 20, { cause: call.cause, by: call.by, respond: refuse, fail: refuse });
  }

  /** Runs when this member has everything that was committed when it was asked. */
  linearizable(call: Call, read: () => void): void {
    this.reads.add({ since: this.env.uptime(), cause: call.cause, ready: read, fail: (failure) => call.fail(failure) });
  }

  private expirePending(): void {
    const now = this.env.uptime();
    for (const [id, pending] of this.pending) {
      if (now - pending.since < this.requestTimeout) return;
      this.pending.delete(id);
      this.env.because(pending.cause, () => pending.fail(this.timeoutOf(pending.since)));
    }
  }

  /** What most likely kept the request from being committed. Models parseProposeCtxErr */
  private timeoutOf(since: Micros): EtcdFailure {
    const leadLostAt = this.leadElectedAt - 2 * this.options.election;
    if (since > leadLostAt && since < this.leadElectedAt) return etcdFailure('timeoutLeaderFailure');
    const { lead } = this.raft;
    if (lead === NONE) return etcdFailure('timeout');
    const connected = lead === this.id ? this.raft.hasQuorumSince(since) : this.raft.isConnectedSince(lead, since);
    return etcdFailure(connected ? 'timeout' : 'timeoutConnectionLost');
  }

  apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.index <= this.applied.index) continue;
      this.applied = { index: entry.index, term: entry.term };
      const request = requestOf(entry.data);
      if (request !== undefined) this.env.because(request.cause, () => this.applyRequest(entry, request));
      else if (entry.change !== undefined) this.raft.applyConfChange(entry.change);
      else this.leaderConfirmed();
    }
    this.reads.applied();
  }

  private applyRequest(entry: Entry, request: InternalRequest): void {
    const { outcome, changes } = this.keyspace.apply(request, this.env.uptime());
    if (changes.length > 0) this.changed(entry.index, changes);
    if (entry.change !== undefined) {
      const { change } = entry;
      const refused = 'failure' in outcome;
      // One that is refused has been counted as the change under way, and has to be over.
      this.raft.applyConfChange(refused ? { ...change, changes: [{ type: 'update', id: NONE }] } : change);
      if (!refused && change.changes.some(({ type, id }) => type === 'remove' && id === this.id)) this.removed();
    }
    if ('member' in request.op) this.raft.tellMembers();
    if ('compact' in request.op && 'response' in outcome) {
      this.env.trace({ type: 'etcd.compact', member: this.options.name, revision: request.op.compact.revision });
    }
    this.answer(request.id, outcome);
  }

  private answer(id: string, outcome: Outcome): void {
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    this.pending.delete(id);
    if ('failure' in outcome) pending.fail(outcome.failure);
    else pending.respond(outcome.response);
  }

  private changed(index: number, changes: AppliedRequest['changes']): void {
    const revision = this.keyspace.store.revision;
    this.env.trace({
      type: 'etcd.apply',
      member: this.options.name,
      index,
      revision,
      changes: changes.map(changeNote),
    });
    this.sizes();
    this.keyspace.hub.notify(changes);
  }

  /** The new leader's empty entry. */
  private leaderConfirmed(): void {
    if (this.raft.isLeader) this.keyspace.lessor.promote(this.options.election, this.env.uptime());
    this.reads.firstCommitInTerm();
  }

  leadership({ lead, role }: SoftState): void {
    const isNew = lead !== NONE && lead !== this.lead;
    this.lead = lead;
    if (role !== 'leader') this.keyspace.lessor.demote();
    if (lead === NONE) this.leaderlessSince ??= this.env.uptime();
    else this.leaderlessSince = undefined;
    if (!isNew) return;
    this.leadElectedAt = this.env.uptime();
    this.reads.leaderChanged();
    this.publish();
  }

  /** Makes the client addresses of this member known to all. */
  private publish(): void {
    const { name, advertiseClientUrls } = this.options;
    const known = this.membership.get(this.id);
    if (this.published || (known?.name === name && known.clientUrls.join() === advertiseClientUrls.join())) return;
    this.published = true;
    const again = (): void => {
      this.published = false;
      this.publish();
    };
    const member = { id: this.id, name, clientUrls: advertiseClientUrls };
    this.propose({ member }, 100, { cause: undefined, by: undefined, respond: () => undefined, fail: again });
  }

  private revokeExpired(): void {
    if (!this.raft.isLeader) return;
    for (const id of this.keyspace.lessor.expired(this.env.uptime(), MAX_REVOKED_AT_ONCE)) {
      const cause = this.env.step(`lease ${id} expired`);
      const ignore = (): void => undefined;
      this.propose({ leaseRevoke: { id } }, 20, { cause, by: undefined, respond: ignore, fail: ignore });
    }
  }

  /** On SIGTERM: a leader hands over to whom it has been connected to the longest, then the process ends. */
  stop(): void {
    const { env, raft } = this;
    const other = raft.isLeader ? raft.longestConnected() : undefined;
    if (other === undefined || this.leaving) return env.exit(0);
    raft.transferLeader(other);
    const since = env.uptime();
    const look = (): void => {
      if (raft.isLeader && env.uptime() - since < this.requestTimeout) env.after(this.options.heartbeat, look);
      else env.exit(0);
    };
    env.after(this.options.heartbeat, look);
  }

  /** It has a second to tell the others, then it ends for good: the same again at each start. */
  removed(): void {
    if (this.leaving) return;
    this.leaving = true;
    const { env } = this;
    env.after(SECOND, () => {
      log(env, 'warn', 'server error', { error: 'the member has been permanently removed from the cluster' });
      log(env, 'warn', 'data-dir used by this member must be removed');
      env.exit(0);
    });
  }

  restore(snapshot: Snapshot): void {
    this.keyspace.restore(snapshot.data);
    this.applied = { index: snapshot.index, term: snapshot.term };
  }

  image(): string {
    return this.keyspace.image();
  }

  /** Called by Raft from within; what it confirms may be answered at once. */
  confirmReads(states: readonly ReadState[]): void {
    this.reads.confirmed(states);
  }

  newLeaseId(): string {
    // Positive as a signed 64-bit number: upstream clears the highest bit.
    return (this.env.random.below(7) + 1).toString(16) + this.env.random.hex(15);
  }
}

function changeNote({ key, kv, main }: Change): {
  key: string;
  value?: string;
  createRevision: number;
  version: number;
} {
  return kv === undefined
    ? { key, createRevision: main, version: 0 }
    : { key, value: kv.value, createRevision: kv.createRevision, version: kv.version };
}
