import type { KernelRecord, TraceEvent, TraceNote } from '../../sim/trace.ts';
import type { Commit, History } from './commit.ts';
import type { Delivery } from './deliveries.ts';
import type { RaftLogs } from './raft-logs.ts';

/** What else is known when a record is judged. */
export interface Seen {
  /** The members' logs as they were before it. */
  readonly logs: RaftLogs;
  /** What the record adds to the committed history, when it is the first to tell of a revision. */
  readonly commit: Commit | undefined;
  /** Which revisions touched which kind. */
  readonly history: History;
  /** What a watch has brought, when the record tells of that. */
  readonly delivery: Delivery | undefined;
}

/** Looks at one record and says what is wrong, if anything. */
export type Check = (event: TraceEvent, seen: Seen) => string | undefined;

/** Types of notes, other kinds of records, `commit`: the first record of each revision, `request`: packets that ask for something. */
export type Heard = TraceNote['type'] | Exclude<KernelRecord['kind'], 'packet'> | 'commit' | 'delivery' | 'request';

/** Something that must hold at every moment of every run. One file each, listed in index.ts. */
export interface Invariant {
  readonly name: string;
  /** The rule in one sentence, for the page. */
  readonly says: string;
  /** The records that it looks at; it is not asked about others, so that the page can afford it. */
  readonly hears: readonly Heard[];
  readonly create: () => Check;
}
