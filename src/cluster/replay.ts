import { createSession } from '../sim/hub.ts';
import type { Placement } from '../sim/placement/placement.ts';
import type { Recording } from '../sim/session.ts';
import { machinesOf, parseTopology } from './topology.ts';

export interface ReplayReport {
  readonly seed: number;
  readonly hash: string;
  readonly virtualSeconds: number;
  readonly events: number;
  readonly inputs: number;
  readonly placement: string;
  /** The run came out as it was recorded. */
  readonly same: boolean;
}

/** Has a recorded run again, up to where it was saved. Throws when the run cannot go on. */
export async function replayRecording(recording: Recording, placement: Placement): Promise<ReplayReport> {
  const { seed, topology, epoch, inputs, until } = recording;
  const machines = machinesOf(parseTopology(topology));
  const session = createSession({ seed, topology, epoch, inputs, machines, placement });
  await session.runUntil(until);
  const { now, hash, events, error } = await session.status();
  await session.stop();
  if (error !== undefined) throw new Error(error);
  return {
    seed,
    hash,
    virtualSeconds: now / 1_000_000,
    events,
    inputs: inputs.length,
    placement: placement.name,
    same: hash === recording.hash,
  };
}
