import type { RaftEntryNote, TraceEvent } from '../../sim/trace.ts';

/** Terms of the entries that a member's log holds, by index, as its own notes tell. */
export interface MemberLog {
  readonly terms: Map<number, number>;
  /** Everything up to here is in a snapshot. */
  compacted: number;
  last: number;
  commit: number;
  term: number;
  role: string;
  /** Of the member: another that replaces it under the same name begins anew. */
  id: string;
}

/** How far back entries are kept: older ones are in snapshots anyway. */
const KEPT = 8_000;

/** Every member's log, folded from the trace: what Raft's properties are about. */
export class RaftLogs {
  readonly members = new Map<string, MemberLog>();
  /** Index → term of what some member has committed. */
  readonly committed = new Map<number, number>();

  member(name: string): MemberLog {
    return this.members.get(name) ?? this.#begin(name, '');
  }

  #begin(name: string, id: string): MemberLog {
    const log: MemberLog = { terms: new Map(), compacted: 0, last: 0, commit: 0, term: 0, role: 'follower', id };
    this.members.set(name, log);
    return log;
  }

  /** Takes a record in. Call after the checks have seen it against the state before. */
  fold(event: TraceEvent): void {
    if (event.kind !== 'note') return;
    const { note } = event;
    if (note.type === 'etcd.start') {
      const before = this.members.get(note.member);
      if (before?.id !== note.id) this.#begin(note.member, note.id);
      else before.role = 'follower';
    } else if (note.type === 'raft.role') {
      const log = this.member(note.member);
      log.term = note.term;
      log.role = note.role;
    } else if (note.type === 'raft.append') {
      this.#append(this.member(note.member), note.entries);
    } else if (note.type === 'raft.commit') {
      this.#commit(this.member(note.member), note.index);
    } else if (note.type === 'raft.snapshot') {
      if (note.direction === 'restored') this.#restore(this.member(note.member), note.index, note.term);
    } else if (note.type === 'raft.compact') {
      this.#compact(this.member(note.member), note.index);
    }
  }

  #append(log: MemberLog, entries: readonly RaftEntryNote[]): void {
    const first = entries[0];
    if (first === undefined) return;
    for (let index = first.index; index <= log.last; index++) log.terms.delete(index);
    for (const { index, term } of entries) log.terms.set(index, term);
    log.last = entries.at(-1)?.index ?? log.last;
    this.#compact(log, log.last - KEPT);
  }

  #commit(log: MemberLog, index: number): void {
    for (let at = Math.max(log.commit, log.compacted) + 1; at <= index; at++) {
      const term = log.terms.get(at);
      if (term !== undefined && !this.committed.has(at)) this.committed.set(at, term);
      this.committed.delete(at - KEPT);
    }
    log.commit = Math.max(log.commit, index);
  }

  #restore(log: MemberLog, index: number, term: number): void {
    log.terms.clear();
    log.terms.set(index, term);
    log.compacted = index;
    log.last = index;
    log.commit = index;
  }

  #compact(log: MemberLog, index: number): void {
    for (let at = log.compacted; at < index; at++) log.terms.delete(at);
    log.compacted = Math.max(log.compacted, index);
  }
}
