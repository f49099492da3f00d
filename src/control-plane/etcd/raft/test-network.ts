// Members of a cluster in one memory, for tests: the same order of writing and sending as the server keeps, with every delivery
// and every finished write in the hands of the test.
import { nextConfiguration } from './conf-change.ts';
import { Raft } from './raft.ts';
import { configurationOf } from './quorum.ts';
import type { MemberState } from './safety.ts';
import { NONE } from './types.ts';
import type {
  ConfChange,
  Entry,
  HardState,
  MemberId,
  Message,
  RaftConfig,
  RaftEvent,
  Ready,
  Snapshot,
} from './types.ts';

export interface TestNetworkOptions extends Partial<Omit<RaftConfig, 'id' | 'configuration' | 'random' | 'observe'>> {
  readonly members: readonly MemberId[];
  readonly random: (limit: number) => number;
  readonly onEvent?: (id: MemberId, event: RaftEvent) => void;
  /** Votes are answered before the vote is on disk. */
  readonly voteWithoutPersisting?: boolean;
}

interface Disk {
  hardState: HardState;
  snapshot: Snapshot | undefined;
  entries: Entry[];
}

export interface TestMember {
  readonly id: MemberId;
  /** undefined: crashed. */
  raft: Raft | undefined;
  readonly disk: Disk;
  /** Taken from Raft, and not yet on disk. */
  writing: { readonly ready: Ready; readonly messagesSent: boolean } | undefined;
  /** Indexes and data of what was applied, in order. */
  applied: { readonly index: number; readonly term: number; readonly data: string }[];
  readonly reads: { readonly context: string; readonly index: number; readonly applied: number }[];
}

const KEPT_ENTRIES = 2;

export class TestNetwork {
  readonly members = new Map<MemberId, TestMember>();
  inFlight: Message[] = [];
  private readonly options: TestNetworkOptions;
  private readonly isolated = new Set<string>();

  constructor(options: TestNetworkOptions) {
    this.options = options;
    for (const id of options.members) this.add(id);
  }

  /** A machine with an empty disk. It belongs to the cluster from the start, or once it is told so. */
  add(id: MemberId): void {
    const disk: Disk = { hardState: { term: 0, vote: NONE, commit: 0 }, snapshot: undefined, entries: [] };
    this.members.set(id, { id, raft: undefined, disk, writing: undefined, applied: [], reads: [] });
    this.start(id);
  }

  member(id: MemberId): TestMember {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  raft(id: MemberId): Raft {
    const { raft } = this.member(id);
    if (raft === undefined) throw new Error(`member ${id} is down`);
    return raft;
  }

  start(id: MemberId): void {
    const member = this.member(id);
    const { disk } = member;
    const { members, random, onEvent, voteWithoutPersisting: _, ...config } = this.options;
    const restoredTo = disk.snapshot?.index ?? 0;
    member.applied = member.applied.filter(({ index }) => index <= restoredTo);
    member.raft = new Raft(
      {
        electionTicks: 10,
        heartbeatTicks: 1,
        preVote: true,
        checkQuorum: true,
        maxSizePerMessage: 1024 * 1024,
        maxInflightMessages: 256,
        maxUncommittedSize: 1024 * 1024,
        ...config,
        id,
        configuration: configurationOf(members),
        random,
        observe: (event) => onEvent?.(id, event),
      },
      { hardState: disk.hardState, snapshot: disk.snapshot, entries: [...disk.entries], applied: restoredTo },
    );
  }

  /** What was not on disk is lost, and so is what was under way to the member. */
  crash(id: MemberId): void {
    const member = this.member(id);
    member.raft = undefined;
    member.writing = undefined;
    for (const message of this.inFlight.filter(({ to }) => to === id)) this.drop(message);
  }

  /** Takes what Raft wants done and begins to write it. */
  begin(id: MemberId): Ready | undefined {
    const member = this.member(id);
    if (member.raft === undefined || member.writing !== undefined || !member.raft.hasReady()) return undefined;
    const ready = member.raft.ready();
    const messagesSent = member.raft.status().role === 'leader';
    member.writing = { ready, messagesSent };
    if (messagesSent) this.post(ready.messages);
    if (this.options.voteWithoutPersisting === true) this.post(ready.messagesAfterPersist.filter(isVote));
    return ready;
  }

  /** The write is on disk: what depended on it goes out, and what is committed is applied. */
  finish(id: MemberId): void {
    const member = this.member(id);
    const { raft, writing } = member;
    if (raft === undefined || writing === undefined) return;
    const { ready, messagesSent } = writing;
    member.writing = undefined;
    persist(member.disk, ready);
    const early = this.options.voteWithoutPersisting === true;
    if (!messagesSent) this.post(ready.messages);
    this.post(ready.messagesAfterPersist.filter((message) => message.to !== id && !(early && isVote(message))));
    if (ready.snapshot !== undefined) member.applied = decodeApplied(ready.snapshot.data);
    for (const entry of ready.committedEntries) {
      member.applied.push({ index: entry.index, term: entry.term, data: dataOf(entry) });
      if (entry.change !== undefined) raft.applyConfChange(possible(raft, entry.change));
    }
    const applied = member.applied.at(-1)?.index ?? 0;
    for (const { context, index } of ready.readStates) member.reads.push({ context, index, applied });
    raft.advance();
  }

  private post(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.to === message.from) continue;
      // As on the wire: what one member does to an object is not seen by another.
      const sent = structuredClone(this.filled(message));
      this.inFlight.push(sent);
      if (!this.connected(message.from, message.to)) this.drop(sent);
    }
  }

  /**
   * A snapshot is sent with the state as it is when it leaves: an older one may be of before its receiver belonged to the cluster,
   * which would refuse it.
   */
  private filled(message: Message): Message {
    return message.type === 'MsgSnap'
      ? { ...message, snapshot: this.snapshotOf(message.from) ?? message.snapshot }
      : message;
  }

  private snapshotOf(id: MemberId): Snapshot | undefined {
    const { raft, applied } = this.member(id);
    const last = applied.at(-1);
    if (raft === undefined || last === undefined) return undefined;
    const { configuration } = raft.inspect();
    return { index: last.index, term: last.term, configuration, data: JSON.stringify(applied) };
  }

  deliver(message: Message): void {
    const raft = this.members.get(message.to)?.raft;
    if (raft === undefined || !this.connected(message.from, message.to)) {
      this.drop(message);
      return;
    }
    this.inFlight.splice(this.inFlight.indexOf(message), 1);
    raft.step(message);
    this.reportSnapshot(message, false);
  }

  drop(message: Message): void {
    this.inFlight.splice(this.inFlight.indexOf(message), 1);
    this.reportSnapshot(message, true);
  }

  /** Snapshots are streamed, so their sender knows what became of them; of other messages nobody does. */
  private reportSnapshot(message: Message, failed: boolean): void {
    if (message.type === 'MsgSnap') this.member(message.from).raft?.reportSnapshot(message.to, failed);
  }

  /** Saves the applied state and forgets the entries that made it. */
  compact(id: MemberId): void {
    const member = this.member(id);
    const snapshot = this.snapshotOf(id);
    if (member.raft === undefined || member.writing !== undefined || snapshot === undefined) return;
    if (snapshot.index <= (member.disk.snapshot?.index ?? 0)) return;
    member.disk.snapshot = snapshot;
    member.disk.entries = member.disk.entries.filter((entry) => entry.index > snapshot.index);
    member.raft.compact(snapshot, Math.max(0, snapshot.index - KEPT_ENTRIES));
  }

  isolate(a: MemberId, b: MemberId): void {
    this.isolated.add(`${a}>${b}`);
    this.isolated.add(`${b}>${a}`);
  }

  heal(): void {
    this.isolated.clear();
  }

  connected(from: MemberId, to: MemberId): boolean {
    return !this.isolated.has(`${from}>${to}`);
  }

  states(only?: MemberId): MemberState[] {
    const states: MemberState[] = [];
    for (const { id, raft, applied } of this.members.values()) {
      if (raft === undefined || (only !== undefined && id !== only)) continue;
      const { term, role, log } = raft.inspect();
      const entries = log.all().map((entry) => ({ index: entry.index, term: entry.term, key: dataOf(entry) }));
      states.push({ id, term, role, log: entries, commit: log.committed, applied: applied.at(-1)?.index ?? 0 });
    }
    return states;
  }
}

/** As every owner of a member must judge alike: a change that would leave nobody becomes none. */
function possible(raft: Raft, change: ConfChange): ConfChange {
  const { configuration, config } = raft.inspect();
  try {
    nextConfiguration(configuration, change, config.bugs?.unsafeConfChanges === true);
    return change;
  } catch (error) {
    if (!(error instanceof Error) || error.message !== 'removed all voters') throw error;
    return { ...change, transition: 'auto', changes: [{ type: 'update', id: NONE }] };
  }
}

function isVote(message: Message): boolean {
  return message.type === 'MsgVoteResp';
}

function dataOf(entry: Entry): string {
  if (entry.change !== undefined) return changeText(entry.change);
  return entry.data === null ? '' : JSON.stringify(entry.data);
}

/** `v4 l5 r3`, as etcd-io/raft writes it; nothing: leave. */
export function changeText({ transition, changes }: ConfChange): string {
  const letter = { 'add-voter': 'v', 'add-learner': 'l', remove: 'r', update: 'u' };
  const words = changes.map(({ type, id }) => `${letter[type]}${id}`);
  return `${transition === 'auto' ? '' : `${transition} `}${words.join(' ') || 'leave'}`;
}

function persist(disk: Disk, ready: Ready): void {
  if (ready.snapshot !== undefined) {
    disk.snapshot = ready.snapshot;
    disk.entries = [];
  }
  const first = ready.entries[0];
  if (first !== undefined)
    disk.entries = [...disk.entries.filter((entry) => entry.index < first.index), ...ready.entries];
  if (ready.hardState !== undefined) disk.hardState = ready.hardState;
}

function decodeApplied(data: string): TestMember['applied'] {
  return JSON.parse(data) as TestMember['applied'];
}
