import type { TraceEvent } from '../../sim/trace.ts';
import type { World } from '../stores/world.ts';
import { committedEntriesAgree } from './committed-entries-agree.ts';
import { oneLeaderPerTerm } from './one-leader-per-term.ts';

/** One thing that must always hold. `check` looks at the world after a record and tells what is wrong, if anything. */
export interface Invariant {
  readonly name: string;
  readonly says: string;
  readonly create: () => (world: World, event: TraceEvent) => string | undefined;
}
export const INVARIANTS: readonly Invariant[] = [committedEntriesAgree, oneLeaderPerTerm];
export interface Checks {
  readonly running: readonly { readonly invariant: Invariant; readonly check: (world: World, event: TraceEvent) => string | undefined }[];
  readonly broken: Map<string, { readonly at: number; readonly text: string }>;
}
export function createChecks(): Checks {
  return { running: INVARIANTS.map((invariant) => ({ invariant, check: invariant.create() })), broken: new Map() };
}
export function foldChecks(checks: Checks, world: World, event: TraceEvent): void {
  if (event.kind !== 'note' && event.kind !== 'host' && event.kind !== 'process') return;
  for (const { invariant, check } of checks.running) {
    const text = check(world, event);
    if (text !== undefined && !checks.broken.has(invariant.name)) checks.broken.set(invariant.name, { at: event.at, text });
  }
}
