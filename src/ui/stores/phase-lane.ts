import type { Micros } from '../../sim/env.ts';
import { podsOf, type PodShape } from './pods.ts';
import type { World } from './world.ts';

/** How many pods were in each shape, sampled in virtual time. */
export interface PhaseLane {
  samples: PhaseSample[];
  nextAt: Micros;
  every: Micros;
}

export interface PhaseSample {
  readonly at: Micros;
  readonly counts: Readonly<Record<PodShape, number>>;
}

const LIMIT = 1_200;

export function createPhaseLane(): PhaseLane {
  return { samples: [], nextAt: 0, every: 500_000 };
}

/** Samples at a fixed pace; when there are too many, every second one goes and the pace halves. */
export function samplePhases(lane: PhaseLane, world: World): void {
  if (world.now < lane.nextAt) return;
  lane.nextAt = world.now + lane.every;
  const counts: Record<PodShape, number> = { running: 0, pending: 0, crash: 0, terminating: 0, unknown: 0, done: 0 };
  for (const pod of podsOf(world)) if (!pod.mirror) counts[pod.shape]++;
  lane.samples.push({ at: world.now, counts });
  if (lane.samples.length < LIMIT) return;
  lane.samples = lane.samples.filter((_, index) => index % 2 === 0);
  lane.every *= 2;
}
