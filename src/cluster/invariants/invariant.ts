import type { TraceEvent } from '../../sim/trace.ts';
import type { Commit } from './commit.ts';
import type { RaftLogs } from './raft-logs.ts';

/**
 * Looks at one record, and at the logs as they were before it; says what is wrong, if anything.
 * `commit`: what the record adds to the committed history, when it is the first to tell of a revision.
 */
export type Check = (event: TraceEvent, logs: RaftLogs, commit: Commit | undefined) => string | undefined;

/** Something that must hold at every moment of every run. One file each, listed in index.ts. */
export interface Invariant {
  readonly name: string;
  /** The rule in one sentence, for the page. */
  readonly says: string;
  readonly create: () => Check;
}
