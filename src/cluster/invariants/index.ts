import type { TraceEvent } from '../../sim/trace.ts';
import { electionSafety } from './election-safety.ts';
import type { Check, Invariant } from './invariant.ts';
import { leaderAppendOnly } from './leader-append-only.ts';
import { leaderCompleteness } from './leader-completeness.ts';
import { logMatching } from './log-matching.ts';
import { oneContainerPerPod } from './one-container-per-pod.ts';
import { podStaysOnItsNode } from './pod-stays-on-its-node.ts';
import { RaftLogs } from './raft-logs.ts';
import { revisionsInOrder } from './revisions-in-order.ts';
import { stateMachineSafety } from './state-machine-safety.ts';

export type { Invariant } from './invariant.ts';

export const invariants: readonly Invariant[] = [
  electionSafety,
  leaderAppendOnly,
  leaderCompleteness,
  logMatching,
  oneContainerPerPod,
  podStaysOnItsNode,
  revisionsInOrder,
  stateMachineSafety,
];

export interface Violation {
  readonly invariant: string;
  readonly at: number;
  readonly text: string;
}

/** Checks every invariant against the trace as it comes. */
export class InvariantChecks {
  readonly violations: Violation[] = [];
  readonly #logs = new RaftLogs();
  readonly #checks: readonly { readonly name: string; readonly check: Check }[] = invariants.map(
    ({ name, create }) => ({ name, check: create() }),
  );

  /** Returns the violations that these records show. */
  see(events: readonly TraceEvent[]): readonly Violation[] {
    const before = this.violations.length;
    for (const event of events) {
      if (event.kind !== 'note' && event.kind !== 'host' && event.kind !== 'process') continue;
      for (const { name, check } of this.#checks) {
        const text = check(event, this.#logs);
        if (text !== undefined) this.violations.push({ invariant: name, at: event.at, text });
      }
      this.#logs.fold(event);
    }
    return this.violations.slice(before);
  }
}
