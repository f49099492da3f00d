// Raft's five safety properties (figure 3 of the paper), checked on what the members hold after every step of a run.
import type { MemberId, Role } from './types.ts';

export interface LogPosition {
  readonly index: number;
  readonly term: number;
  /** Tells entries apart: equal for the same entry wherever it is. */
  readonly key: string;
}

/** One member as it stands. A crashed one is left out until it runs again. */
export interface MemberState {
  readonly id: MemberId;
  readonly term: number;
  readonly role: Role;
  /** In order, without gaps; entries compacted away are missing at the front. */
  readonly log: readonly LogPosition[];
  readonly commit: number;
  readonly applied: number;
}

export type SafetyProperty =
  'Election Safety' | 'Leader Append-Only' | 'Log Matching' | 'Leader Completeness' | 'State Machine Safety';

export interface Violation {
  readonly property: SafetyProperty;
  readonly text: string;
}

interface Seen {
  readonly role: Role;
  readonly term: number;
  readonly log: readonly LogPosition[];
  readonly commit: number;
}

interface Committed extends LogPosition {
  /** The lowest term at which a member knew it to be committed. */
  readonly inTerm: number;
}

export class SafetyChecker {
  readonly violations: Violation[] = [];
  private readonly leaders = new Map<number, MemberId>();
  private readonly seen = new Map<MemberId, Seen>();
  /** For `index/term`: the entry and the term of the one before it. */
  private readonly entries = new Map<string, { readonly key: string; readonly previousTerm: number | undefined }>();
  private readonly committed = new Map<number, Committed>();

  observe(states: readonly MemberState[]): void {
    for (const state of states) {
      const before = this.seen.get(state.id);
      const unchangedTo = commonPrefix(before?.log ?? [], state.log);
      this.checkElection(state);
      this.checkAppendOnly(state, before);
      this.checkMatching(state, unchangedTo);
      this.checkCommitted(state, before);
      this.seen.set(state.id, { role: state.role, term: state.term, log: [...state.log], commit: state.commit });
    }
    for (const state of states) if (state.role === 'leader') this.checkCompleteness(state);
  }

  /** The member lost its memory: what it did before says nothing about its commit index now. */
  restarted(id: MemberId): void {
    this.seen.delete(id);
  }

  /** At most one leader can be elected in a given term. */
  private checkElection({ id, term, role }: MemberState): void {
    if (role !== 'leader') return;
    const other = this.leaders.get(term);
    if (other === undefined) this.leaders.set(term, id);
    else if (other !== id) this.violate('Election Safety', `term ${term} has the leaders ${other} and ${id}`);
  }

  /** A leader never overwrites or deletes entries in its log. */
  private checkAppendOnly({ id, term, role, log }: MemberState, before: Seen | undefined): void {
    if (role !== 'leader' || before?.role !== 'leader' || before.term !== term) return;
    const last = before.log.at(-1);
    const first = log[0];
    if (last === undefined || first === undefined || last.index < first.index) return;
    const now = log[last.index - first.index];
    if (now?.term !== last.term || now.key !== last.key) {
      this.violate('Leader Append-Only', `leader ${id} of term ${term} lost its entry ${last.index}/${last.term}`);
    }
  }

  /** Entries with the same index and term are the same, and so are all before them. */
  private checkMatching({ id, log }: MemberState, from: number): void {
    for (let at = from; at < log.length; at++) {
      const entry = log[at];
      if (entry === undefined) continue;
      const previousTerm = log[at - 1]?.term;
      const name = `${entry.index}/${entry.term}`;
      const known = this.entries.get(name);
      if (known === undefined || known.previousTerm === undefined) {
        if (known !== undefined && known.key !== entry.key) this.violate('Log Matching', `${name} differs on ${id}`);
        this.entries.set(name, { key: entry.key, previousTerm });
        continue;
      }
      const sameBefore = previousTerm === undefined || previousTerm === known.previousTerm;
      if (known.key !== entry.key || !sameBefore)
        this.violate('Log Matching', `${name} or what precedes it differs on ${id}`);
    }
  }

  /** No two members apply different entries at one index. What is known to be committed here is applied or may be at any time. */
  private checkCommitted({ id, term, log, commit }: MemberState, before: Seen | undefined): void {
    const first = log[0];
    if (first === undefined) return;
    for (let index = Math.max(first.index, (before?.commit ?? 0) + 1); index <= commit; index++) {
      const entry = log[index - first.index];
      if (entry === undefined) continue;
      const known = this.committed.get(index);
      if (known !== undefined && (known.term !== entry.term || known.key !== entry.key)) {
        this.violate(
          'State Machine Safety',
          `${id} commits ${index}/${entry.term}, others ${known.index}/${known.term}`,
        );
      }
      if (known === undefined) this.committed.set(index, { ...entry, inTerm: term });
      else if (term < known.inTerm) this.committed.set(index, { ...known, inTerm: term });
    }
  }

  /** An entry committed in a term is in the logs of the leaders of all higher terms. */
  private checkCompleteness({ id, term, log }: MemberState): void {
    const first = log[0];
    if (first === undefined) return;
    for (const entry of this.committed.values()) {
      if (entry.inTerm >= term || entry.index < first.index) continue;
      const own = log[entry.index - first.index];
      if (own?.term !== entry.term || own.key !== entry.key) {
        this.violate(
          'Leader Completeness',
          `leader ${id} of term ${term} lacks ${entry.index}/${entry.term}, committed in term ${entry.inTerm}`,
        );
      }
    }
  }

  private violate(property: SafetyProperty, text: string): void {
    if (!this.violations.some((known) => known.property === property && known.text === text))
      this.violations.push({ property, text });
  }
}

/** How many entries at the front of `after` were checked before, given that logs are changed only at their ends. */
function commonPrefix(before: readonly LogPosition[], after: readonly LogPosition[]): number {
  const first = after[0];
  const offset = first === undefined ? 0 : first.index - (before[0]?.index ?? 0);
  if (offset < 0) return 0;
  for (let at = Math.min(before.length - offset, after.length) - 1; at >= 0; at--) {
    if (before[at + offset]?.term === after[at]?.term && before[at + offset]?.key === after[at]?.key) return at + 1;
  }
  return 0;
}
