import type { TraceEvent } from '../../sim/trace.ts';
import { acknowledgedWrites } from './acknowledged-writes.ts';
import { actsWhileHolding } from './acts-while-holding.ts';
import { beliefsInOrder } from './beliefs-in-order.ts';
import { Commits } from './commit.ts';
import { electionSafety } from './election-safety.ts';
import { endpointsAreReady } from './endpoints-are-ready.ts';
import type { Check, Invariant } from './invariant.ts';
import { leaderAppendOnly } from './leader-append-only.ts';
import { leaderCompleteness } from './leader-completeness.ts';
import { leaseHandover } from './lease-handover.ts';
import { leaderCommitsOwnTerm } from './leader-commits-own-term.ts';
import { logMatching } from './log-matching.ts';
import { nodesNotOvercommitted } from './nodes-not-overcommitted.ts';
import { oneContainerPerPod } from './one-container-per-pod.ts';
import { podStaysOnItsNode } from './pod-stays-on-its-node.ts';
import { RaftLogs } from './raft-logs.ts';
import { replicasWithinLimits } from './replicas-within-limits.ts';
import { revisionsInOrder } from './revisions-in-order.ts';
import { stateMachineSafety } from './state-machine-safety.ts';
import { termsOnlyGrow } from './terms-only-grow.ts';

export type { Invariant } from './invariant.ts';

export const invariants: readonly Invariant[] = [
  acknowledgedWrites,
  actsWhileHolding,
  beliefsInOrder,
  electionSafety,
  endpointsAreReady,
  leaderAppendOnly,
  leaderCommitsOwnTerm,
  leaderCompleteness,
  leaseHandover,
  logMatching,
  nodesNotOvercommitted,
  oneContainerPerPod,
  podStaysOnItsNode,
  replicasWithinLimits,
  revisionsInOrder,
  stateMachineSafety,
  termsOnlyGrow,
];

export interface Violation {
  readonly invariant: string;
  readonly at: number;
  readonly text: string;
}

const SEEN: ReadonlySet<string> = new Set(['note', 'host', 'process', 'fault', 'packet']);

/** Checks every invariant against the trace as it comes. */
export class InvariantChecks {
  readonly violations: Violation[] = [];
  readonly #logs = new RaftLogs();
  readonly #commits = new Commits();
  readonly #checks: readonly { readonly name: string; readonly check: Check }[] = invariants.map(
    ({ name, create }) => ({ name, check: create() }),
  );

  /** Returns the violations that these records show. */
  see(events: readonly TraceEvent[]): readonly Violation[] {
    const before = this.violations.length;
    for (const event of events) {
      if (!SEEN.has(event.kind)) continue;
      // Of the many packets only requests matter.
      if (event.kind === 'packet' && event.label?.shape !== 'request') continue;
      const commit = this.#commits.next(event);
      for (const { name, check } of this.#checks) {
        const text = check(event, this.#logs, commit);
        if (text !== undefined) this.violations.push({ invariant: name, at: event.at, text });
      }
      this.#logs.fold(event);
    }
    return this.violations.slice(before);
  }
}
