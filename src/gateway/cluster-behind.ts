import { Door } from '../api/door.ts';
import { GodView } from '../cluster/god-view.ts';
import { areNodesReady } from '../cluster/cluster.ts';
import { programs as everyProgram } from '../cluster/programs.ts';
import { machinesOf, topologyJson, type Topology } from '../cluster/topology.ts';
import type { Micros, ProgramTable } from '../sim/env.ts';
import { createSession } from '../sim/hub.ts';
import { createInThread } from '../sim/placement/in-thread.ts';
import { tapOutput } from '../sim/placement/tap.ts';
import type { Input, Session, Speed } from '../sim/session.ts';

export interface BehindOptions {
  readonly topology: Topology;
  readonly seed: number;
  readonly epoch: Micros;
  /** What the door prints. */
  readonly hear: (text: string) => void;
  readonly inputs?: readonly Input[];
  /** Other programs than those there are. */
  readonly programs?: ProgramTable | undefined;
}

/** A run in this thread whose door is heard. */
export function createRun({ topology, seed, epoch, hear, inputs, programs = everyProgram }: BehindOptions): Session {
  return createSession({
    seed,
    epoch,
    machines: machinesOf(topology),
    topology: topologyJson(topology),
    placement: tapOutput(createInThread(programs), Door.program, hear),
    ...(inputs === undefined ? {} : { inputs }),
  });
}

/** Runs at full speed until every machine that is a node is Ready, and leaves the run going so. */
export async function bootUntilReady(session: Session, topology: Topology): Promise<void> {
  const view = new GodView();
  let observer: number | undefined;
  await new Promise<void>((resolve, reject) => {
    const see: Parameters<Session['observe']>[0] = (batch, status) => {
      if (status.error !== undefined) reject(new Error(status.error));
      view.fold(batch);
      if (areNodesReady(view, topology)) resolve();
    };
    void session
      .observe(see)
      .then(async (id) => {
        observer = id;
        await session.setSpeed(Infinity);
        await session.resume();
      })
      .catch(reject);
  });
  if (observer !== undefined) await session.unobserve(observer);
}

/** Goes on at the given speed from where the host's clock is `wall`; never behind it, so that clients see no object of the future. */
export async function goOn(session: Session, epoch: Micros, wall: Micros, speed: Speed): Promise<void> {
  if (speed !== Infinity) await session.runUntil(wall - epoch);
  await session.setSpeed(speed);
  await session.resume();
}
