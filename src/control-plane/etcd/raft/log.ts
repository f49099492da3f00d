// The log of one member: what is on disk, and the tail that is not yet. Models go.etcd.io/raft/v3 (raftLog, unstable, MemoryStorage).
import type { Entry, Snapshot } from './types.ts';

export class RaftLog {
  /** entries[0].index is always start + 1. */
  private entries: Entry[];
  /** The entry before the first one that is kept: compacted away, its term still known. */
  private start: { index: number; term: number };
  /** Received, and to be written and installed before anything after it. */
  pendingSnapshot: Snapshot | undefined;
  /** The latest one made or received here. */
  snapshot: Snapshot | undefined;
  stable: number;
  committed: number;
  applied: number;

  constructor(snapshot: Snapshot | undefined, entries: readonly Entry[], commit: number, applied: number) {
    const first = entries[0];
    // Entries may reach back before the snapshot: they are kept so that slow followers need no snapshot.
    this.start = { index: snapshot?.index ?? 0, term: snapshot?.term ?? 0 };
    this.entries = [...entries];
    if (first !== undefined && first.index !== this.start.index + 1) {
      throw new Error(`log does not continue the snapshot: ${first.index} after ${this.start.index}`);
    }
    this.snapshot = snapshot;
    this.stable = this.lastIndex();
    this.committed = Math.max(commit, this.start.index);
    this.applied = Math.max(applied, this.start.index);
  }

  firstIndex(): number {
    return this.start.index + 1;
  }

  lastIndex(): number {
    return this.start.index + this.entries.length;
  }

  lastTerm(): number {
    return this.entries.at(-1)?.term ?? this.start.term;
  }

  /** undefined: compacted away or not there yet. */
  term(index: number): number | undefined {
    if (index === this.start.index) return this.start.term;
    return this.entries[index - this.firstIndex()]?.term;
  }

  at(index: number): Entry | undefined {
    return this.entries[index - this.firstIndex()];
  }

  all(): readonly Entry[] {
    return this.entries;
  }

  /** From `from` on up to `to`, at least one if there is any, at most `maxSize` bytes. */
  slice(from: number, to: number, maxSize: number): Entry[] {
    const entries: Entry[] = [];
    let size = 0;
    for (let index = from; index <= to; index++) {
      const entry = this.at(index);
      if (entry === undefined) break;
      size += entry.size;
      if (entries.length > 0 && size > maxSize) break;
      entries.push(entry);
    }
    return entries;
  }

  isUpToDate(index: number, term: number): boolean {
    return term > this.lastTerm() || (term === this.lastTerm() && index >= this.lastIndex());
  }

  matches(index: number, term: number): boolean {
    return this.term(index) === term;
  }

  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    if (first.index <= this.committed)
      throw new Error(`entry ${first.index} would overwrite committed ${this.committed}`);
    this.entries.length = first.index - this.firstIndex();
    for (const entry of entries) this.entries.push(entry);
    this.stable = Math.min(this.stable, first.index - 1);
  }

  /** Those of `entries` that are not in the log yet or contradict it, with all that follow. */
  newOnes(entries: readonly Entry[]): readonly Entry[] {
    const at = entries.findIndex((entry) => !this.matches(entry.index, entry.term));
    return at < 0 ? [] : entries.slice(at);
  }

  /** The last entry at or before `index` whose term is at most `term`: no later one can agree with such a log. */
  findConflictByTerm(index: number, term: number): { index: number; term: number } {
    let at = index;
    for (; at > 0; at--) {
      const ours = this.term(at);
      if (ours === undefined) return { index: at, term: 0 };
      if (ours <= term) return { index: at, term: ours };
    }
    return { index: 0, term: 0 };
  }

  commitTo(index: number): boolean {
    if (index <= this.committed) return false;
    if (index > this.lastIndex()) throw new Error(`commit ${index} is out of range [lastIndex ${this.lastIndex()}]`);
    this.committed = index;
    return true;
  }

  unstable(): Entry[] {
    return this.entries.slice(this.stable - this.start.index);
  }

  /** A write of an entry that was replaced meanwhile does not count. */
  stableTo(index: number, term: number): void {
    if (this.matches(index, term) && index > this.stable) this.stable = index;
  }

  /** Only what is on this member's disk is applied. */
  nextCommitted(maxSize: number): Entry[] {
    if (this.pendingSnapshot !== undefined) return [];
    return this.slice(this.applied + 1, Math.min(this.committed, this.stable), maxSize);
  }

  hasNextCommitted(): boolean {
    return this.pendingSnapshot === undefined && Math.min(this.committed, this.stable) > this.applied;
  }

  /** Everything here is replaced by the snapshot of another member. */
  restore(snapshot: Snapshot): void {
    this.pendingSnapshot = snapshot;
    this.entries = [];
    this.start = { index: snapshot.index, term: snapshot.term };
    this.stable = snapshot.index;
    this.committed = snapshot.index;
  }

  installed(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    if (this.pendingSnapshot === snapshot) this.pendingSnapshot = undefined;
    this.applied = Math.max(this.applied, snapshot.index);
  }

  /** Entries up to `index` are forgotten; a follower that needs them gets the snapshot. */
  compact(index: number): void {
    if (index <= this.start.index) return;
    if (index > this.applied) throw new Error(`compact ${index} is beyond applied ${this.applied}`);
    const term = this.term(index) ?? 0;
    this.entries = this.entries.slice(index - this.start.index);
    this.start = { index, term };
  }
}
