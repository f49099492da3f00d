import type { TraceEvent } from '../../sim/trace.ts';
import { acknowledgedWrites } from './acknowledged-writes.ts';
import { actsWhileHolding } from './acts-while-holding.ts';
import { collectedHaveNoOwner } from './collected-have-no-owner.ts';
import { History } from './commit.ts';
import { Deliveries } from './deliveries.ts';
import { electionSafety } from './election-safety.ts';
import { endpointsArePods } from './endpoints-are-pods.ts';
import { endpointsAreReady } from './endpoints-are-ready.ts';
import type { Check, Heard, Invariant, Seen } from './invariant.ts';
import { leaderAppendOnly } from './leader-append-only.ts';
import { leaderCompleteness } from './leader-completeness.ts';
import { leaseHandover } from './lease-handover.ts';
import { leaderCommitsOwnTerm } from './leader-commits-own-term.ts';
import { logMatching } from './log-matching.ts';
import { nodesNotOvercommitted } from './nodes-not-overcommitted.ts';
import { oneAddressPerPod } from './one-address-per-pod.ts';
import { oneContainerPerPod } from './one-container-per-pod.ts';
import { podStaysOnItsNode } from './pod-stays-on-its-node.ts';
import { RaftLogs } from './raft-logs.ts';
import { replicasWithinLimits } from './replicas-within-limits.ts';
import { revisionsInOrder } from './revisions-in-order.ts';
import { stateMachineSafety } from './state-machine-safety.ts';
import { surplusGoes } from './surplus-goes.ts';
import { termsOnlyGrow } from './terms-only-grow.ts';
import { watchAtomic } from './watch-atomic.ts';
import { watchBookmarkable } from './watch-bookmarkable.ts';
import { watchOrdered } from './watch-ordered.ts';
import { watchResumable } from './watch-resumable.ts';

export type { Invariant } from './invariant.ts';

export const invariants: readonly Invariant[] = [
  acknowledgedWrites,
  actsWhileHolding,
  collectedHaveNoOwner,
  electionSafety,
  endpointsArePods,
  endpointsAreReady,
  leaderAppendOnly,
  leaderCommitsOwnTerm,
  leaderCompleteness,
  leaseHandover,
  logMatching,
  nodesNotOvercommitted,
  oneAddressPerPod,
  oneContainerPerPod,
  podStaysOnItsNode,
  replicasWithinLimits,
  revisionsInOrder,
  stateMachineSafety,
  surplusGoes,
  termsOnlyGrow,
  watchAtomic,
  watchBookmarkable,
  watchOrdered,
  watchResumable,
];

export interface Violation {
  readonly invariant: string;
  readonly at: number;
  readonly text: string;
}

/** What is broken may be broken with every record that follows. */
const MOST = 100;

interface Running {
  readonly name: string;
  readonly check: Check;
}

/** Checks every invariant against the trace as it comes: in tests after every window, on the page with every batch. */
export class InvariantChecks {
  /** The first ones. */
  readonly violations: Violation[] = [];
  /** The first of each invariant: how it came to be broken is what one wants to know. */
  readonly broken = new Map<string, Violation>();
  #cluster = '';
  #logs = new RaftLogs();
  #history = new History();
  #deliveries = new Deliveries();
  #hearers = hearers();

  /** Returns the violations that these records show. */
  see(events: readonly TraceEvent[]): readonly Violation[] {
    const before = this.violations.length;
    for (const event of events) this.seeOne(event);
    return this.violations.slice(before);
  }

  seeOne(event: TraceEvent): void {
    if (event.kind === 'note' && event.note.type === 'etcd.start') this.#started(event.note.cluster);
    const heard = heardAs(event);
    if (heard === undefined) return;
    const commit = this.#history.next(event);
    const delivery = this.#deliveries.next(event);
    const seen: Seen = { logs: this.#logs, history: this.#history, commit, delivery };
    this.#ask(heard, event, seen);
    if (commit !== undefined) this.#ask('commit', event, seen);
    if (delivery !== undefined) this.#ask('delivery', event, seen);
    this.#logs.fold(event);
  }

  /** A cluster restored from a snapshot is another one, with a history of its own. */
  #started(cluster: string): void {
    if (this.#cluster !== '' && this.#cluster !== cluster) {
      this.#logs = new RaftLogs();
      this.#history = new History();
      this.#deliveries = new Deliveries();
      this.#hearers = hearers();
    }
    this.#cluster = cluster;
  }

  #ask(heard: Heard, event: TraceEvent, seen: Seen): void {
    const hearing = this.#hearers.get(heard);
    if (hearing === undefined) return;
    for (const { name, check } of hearing) {
      const text = check(event, seen);
      if (text === undefined) continue;
      const violation = { invariant: name, at: event.at, text };
      if (this.violations.length < MOST) this.violations.push(violation);
      if (!this.broken.has(name)) this.broken.set(name, violation);
    }
  }
}

function hearers(): ReadonlyMap<Heard, readonly Running[]> {
  const found = new Map<Heard, Running[]>();
  for (const { name, hears, create } of invariants) {
    const running = { name, check: create() };
    for (const heard of hears) found.set(heard, [...(found.get(heard) ?? []), running]);
  }
  return found;
}

/** Of the many packets only requests matter. */
function heardAs(event: TraceEvent): Heard | undefined {
  switch (event.kind) {
    case 'note':
      return event.note.type;
    case 'packet':
      return event.label?.shape === 'request' ? 'request' : undefined;
    default:
      return event.kind;
  }
}
