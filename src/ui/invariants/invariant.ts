import type { TraceEvent } from '../../sim/trace.ts';
import type { World } from '../stores/world.ts';

/** Looks at the world after a record and tells what is wrong, if anything. */
export type Check = (world: World, event: TraceEvent) => string | undefined;

/** One thing that must always hold. */
export interface Invariant {
  readonly name: string;
  readonly says: string;
  readonly create: () => Check;
}
