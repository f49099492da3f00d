// What a member tells the trace about its Raft: roles, the log, what is on the disk, who belongs to the cluster.
import type { Env } from '../../../sim/env.ts';
import type { RaftEntryNote } from '../../../sim/trace.ts';
import type { Member } from '../../../api/etcd.ts';
import { membersOf } from '../raft/quorum.ts';
import { NONE } from '../raft/types.ts';
import type {
  Configuration,
  Entry,
  HardState,
  MemberId,
  Message,
  RaftEvent,
  Restored,
  Snapshot,
} from '../raft/types.ts';
import type { EtcdOptions } from './options.ts';
import { describe, requestOf } from './request.ts';

/** Restored entries that the trace repeats after a restart. */
const MAX_RESTORED = 500;

export class RaftTrace {
  readonly #env: Env;
  readonly #options: EtcdOptions;
  readonly #id: MemberId;
  /** As of what is applied. */
  readonly #memberOf: (id: MemberId) => Member | undefined;
  /** Of all that were members at some time. */
  readonly #names = new Map<MemberId, string>();
  #leading = false;

  constructor(env: Env, options: EtcdOptions, id: MemberId, memberOf: (id: MemberId) => Member | undefined) {
    this.#env = env;
    this.#options = options;
    this.#id = id;
    this.#memberOf = memberOf;
    this.#names.set(id, options.name);
  }

  get #member(): string {
    return this.#options.name;
  }

  start(cluster: string): void {
    this.#env.trace({ type: 'etcd.start', member: this.#member, id: this.#id, cluster });
  }

  observe(event: RaftEvent): void {
    const member = this.#member;
    switch (event.kind) {
      case 'role': {
        this.#leading = event.role === 'leader';
        const leader = this.#nameOf(event.lead);
        const known = leader === undefined ? {} : { leader };
        const role = event.role === 'follower' && this.#memberOf(this.#id)?.isLearner === true ? 'learner' : event.role;
        this.#env.trace({ type: 'raft.role', member, term: event.term, role, ...known });
        return;
      }
      case 'vote':
        // Told when it leaves: what is not yet on the disk is not yet promised.
        return;
      case 'election-timer':
        this.#env.trace({ type: 'raft.timer', member, electionTimeout: event.ticks * this.#options.heartbeat });
        return;
      case 'append':
        this.#env.trace({
          type: 'raft.append',
          member,
          entries: event.entries.map((entry) => this.#noteOf(entry, this.#leading)),
        });
        return;
      case 'commit':
        this.#env.trace({ type: 'raft.commit', member, index: event.index });
        return;
      case 'configuration':
        this.configuration(event.configuration);
        return;
      case 'snapshot':
        // At once: whatever its log held before is gone, and what follows comes after the snapshot.
        this.snapshot(event, 'restored');
    }
  }

  /** A vote leaves. `term`: that of the member by now. */
  vote(message: Message, term: number): void {
    // It was promised together with a later term: the member is no longer where it gave this vote.
    if (message.term < term) return;
    const vote = this.#nameOf(message.to) ?? message.to;
    this.#env.trace({ type: 'raft.role', member: this.#member, term: message.term, role: 'follower', vote });
  }

  durable(index: number): void {
    this.#env.trace({ type: 'raft.durable', member: this.#member, index });
  }

  hardState({ term, vote }: HardState): void {
    const voted = vote === NONE ? {} : { vote: this.#names.get(vote) ?? vote };
    this.#env.trace({ type: 'raft.hard-state', member: this.#member, term, ...voted });
  }

  snapshot({ index, term }: Pick<Snapshot, 'index' | 'term'>, direction: 'made' | 'restored'): void {
    this.#env.trace({ type: 'raft.snapshot', member: this.#member, index, term, direction });
  }

  compacted(index: number): void {
    this.#env.trace({ type: 'raft.compact', member: this.#member, index });
  }

  restored({ entries, snapshot }: Restored): void {
    if (snapshot !== undefined) this.snapshot(snapshot, 'restored');
    const tail = entries.slice(-MAX_RESTORED).map((entry) => this.#noteOf(entry, false));
    const last = tail.at(-1) ?? snapshot;
    if (last === undefined) return;
    if (tail.length > 0) this.#env.trace({ type: 'raft.append', member: this.#member, entries: tail });
    this.durable(last.index);
  }

  configuration(configuration: Configuration): void {
    const { voters, outgoing } = configuration;
    const members = membersOf(configuration).map((id) => {
      const address = this.#memberOf(id)?.peerUrls[0] ?? '';
      const vote = voters.includes(id) || outgoing.includes(id);
      return { id, name: this.#nameOf(id) ?? '', address, vote };
    });
    this.#env.trace({ type: 'raft.configuration', member: this.#member, members, joint: outgoing.length > 0 });
  }

  #nameOf(id: MemberId): string | undefined {
    const name = this.#memberOf(id)?.name ?? '';
    if (name !== '') this.#names.set(id, name);
    return this.#names.get(id);
  }

  /** Only the leader that makes an entry says what it is about; the first ones of a new cluster are made by each member. */
  #noteOf(entry: Entry, made: boolean): RaftEntryNote {
    const { index, term } = entry;
    const request = requestOf(entry.data);
    if (!made && request?.id !== '') return { index, term };
    if (request === undefined && entry.change !== undefined) return { index, term, text: 'leave joint configuration' };
    if (request === undefined) return { index, term, text: `no-op: ${this.#member} elected` };
    const { cause, by } = request;
    return {
      index,
      term,
      text: describe(request),
      ...(cause === undefined ? {} : { cause }),
      ...(by === undefined ? {} : { by }),
    };
  }
}
