import type { PlacementName } from '../session.ts';
import type { Delivery, EventResult } from '../wire.ts';

/** Where processes run. A placement decides who computes, never what comes out. */
export interface Placement {
  readonly name: PlacementName;
  /** Handles the deliveries of one window, which are in order of time. Synchronous where nothing has to be awaited. */
  run(deliveries: readonly Delivery[], observed: boolean): WindowOutcome | Promise<WindowOutcome>;
  /** The run goes at a speed at which it is watched, or as fast as it can. */
  paced?(watched: boolean): void;
  /** All processes of the group have ended: its worker goes too. */
  end(group: string): void;
  workers(): readonly PlacedWorker[];
  /** Ends a worker for real; returns the groups that it held. */
  terminate(worker: string): readonly string[];
  stop(): void;
}

export interface WindowOutcome {
  readonly results: readonly EventResult[];
  /** Groups whose worker failed or missed its deadline: nothing of this window came from them. */
  readonly lost?: readonly LostGroup[];
}

export interface LostGroup {
  readonly group: string;
  readonly reason: string;
}

export interface PlacedWorker {
  readonly worker: string;
  readonly groups: readonly string[];
  readonly events: number;
}
