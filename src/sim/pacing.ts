/**
 * The wall clock, for pacing only: nothing in a run may depend on it. Captured when made, before worker-main bans the globals.
 */
export interface WallClock {
  /** Milliseconds. */
  now(): number;
  /** One turn of the event loop: other messages get their chance. */
  turn(): Promise<void>;
  /** Fires once after that many milliseconds; returns what cancels it. */
  after(milliseconds: number, fire: () => void): () => void;
}

export function createWallClock(turn: () => Promise<void>): WallClock {
  const { performance, setTimeout, clearTimeout } = globalThis;
  return {
    now: () => performance.now(),
    turn,
    after(milliseconds, fire) {
      const timer = setTimeout(fire, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}

/** Where virtual time should be: so many virtual seconds per wall second since the anchor. */
export class Pace {
  readonly #clock: WallClock;
  #speed = 1;
  #wall = 0;
  #virtual = 0;

  constructor(clock: WallClock) {
    this.#clock = clock;
  }

  get speed(): number {
    return this.#speed;
  }

  /** Goes on from this virtual time at this speed. */
  anchor(virtual: number, speed: number): void {
    this.#speed = speed;
    this.#virtual = virtual;
    this.#wall = this.#clock.now();
  }

  /** The virtual time due now, whole microseconds. Infinity at full speed. */
  due(): number {
    if (this.#speed === Infinity) return Infinity;
    return this.#virtual + Math.floor((this.#clock.now() - this.#wall) * 1_000 * this.#speed);
  }

  /** Milliseconds of wall time until that virtual time is due. */
  until(virtual: number): number {
    return (virtual - this.#virtual) / (1_000 * this.#speed) - (this.#clock.now() - this.#wall);
  }

  /** When the run cannot keep up, it goes slower instead of catching up in a rush later. */
  forgive(horizon: number): void {
    if (this.due() - horizon > MAX_LAG_MS * 1_000 * this.#speed) this.anchor(horizon, this.#speed);
  }
}

const MAX_LAG_MS = 100;
