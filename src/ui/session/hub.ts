import type { JsonObject, Micros } from '../../sim/env.ts';
import type { PlacementName, Recording, Session } from '../../sim/session.ts';
import type { DoorOffer, DoorState } from './door.ts';

/** What a person chose before the run began. */
export interface OpenOptions {
  readonly seed: number;
  /** Read by `parseTopology`. */
  readonly topology: JsonObject;
  readonly placement: PlacementName;
  /** Microseconds since the Unix epoch at virtual zero. */
  readonly epoch: Micros;
  /** A run to have again; its seed, topology and epoch win. Rejects when it is damaged, with what to do about it. */
  readonly recording?: Recording;
}

/** The worker behind the page: it runs the cluster. Opening another run ends the one before. */
export interface Hub {
  open(options: OpenOptions): Promise<Session>;
  /** Lets real clients into the run that is open: what they ask is an input of it from now on. */
  openDoor(offer: DoorOffer, tell: (state: DoorState) => void): Promise<void>;
  /** Has the door from the page that has it. */
  takeDoor(): Promise<void>;
}

/** Why there is nothing to show. */
export interface Failure {
  readonly title: string;
  readonly text: string;
  readonly detail?: string;
}
