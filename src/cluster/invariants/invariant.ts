import type { TraceEvent } from '../../sim/trace.ts';
import type { RaftLogs } from './raft-logs.ts';

/** Looks at one record, and at the logs as they were before it; says what is wrong, if anything. */
export type Check = (event: TraceEvent, logs: RaftLogs) => string | undefined;

/** Something that must hold at every moment of every run. One file each, listed in index.ts. */
export interface Invariant {
  readonly name: string;
  /** The rule in one sentence, for the page. */
  readonly says: string;
  readonly create: () => Check;
}
