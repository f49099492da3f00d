import type { TraceEvent } from '../../sim/trace.ts';
import type { World } from '../stores/world.ts';
import { committedEntriesAgree } from './committed-entries-agree.ts';
import { endpointsArePods } from './endpoints-are-pods.ts';
import type { Check, Invariant } from './invariant.ts';
import { leaderHasCommitted } from './leader-has-committed.ts';
import { logsMatch } from './logs-match.ts';
import { oneAddressPerPod } from './one-address-per-pod.ts';
import { oneLeaderPerTerm } from './one-leader-per-term.ts';
import { oneMachinePerPod } from './one-machine-per-pod.ts';
import { oneVotePerTerm } from './one-vote-per-term.ts';
import { placedOnce } from './placed-once.ts';
import { revisionsInOrder } from './revisions-in-order.ts';
import { sameWritesEverywhere } from './same-writes-everywhere.ts';

/** Sorted by file. */
export const INVARIANTS: readonly Invariant[] = [
  committedEntriesAgree,
  endpointsArePods,
  leaderHasCommitted,
  logsMatch,
  oneAddressPerPod,
  oneLeaderPerTerm,
  oneMachinePerPod,
  oneVotePerTerm,
  placedOnce,
  revisionsInOrder,
  sameWritesEverywhere,
];

export interface Checks {
  readonly running: readonly { readonly invariant: Invariant; readonly check: Check }[];
  readonly broken: Map<string, { readonly at: number; readonly text: string }>;
}

export function createChecks(): Checks {
  return { running: INVARIANTS.map((invariant) => ({ invariant, check: invariant.create() })), broken: new Map() };
}

/** The first time that an invariant breaks is what is worth knowing. */
export function foldChecks(checks: Checks, world: World, event: TraceEvent): void {
  if (event.kind !== 'note' && event.kind !== 'process' && event.kind !== 'host') return;
  for (const { invariant, check } of checks.running) {
    const text = check(world, event);
    if (text !== undefined && !checks.broken.has(invariant.name))
      checks.broken.set(invariant.name, { at: event.at, text });
  }
}
