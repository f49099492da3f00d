import { Heap } from '../lib/heap.ts';
import type { Micros } from './env.ts';

/** Something that will happen. Order: time, then source (0 is the kernel), then the source's own count. */
export interface Scheduled {
  readonly at: Micros;
  readonly source: number;
  readonly seq: number;
  cancelled: boolean;
  readonly run: () => void;
}

/** Cancelled events are dropped when they surface; when they outnumber the rest by this, all are swept out. */
const SWEEP_FLOOR = 4_096;

export class EventQueue {
  #heap = new Heap<Scheduled>(compare);
  #cancelled = 0;
  #kernelSeq = 0;

  /** An event of the kernel itself. */
  schedule(at: Micros, run: () => void): Scheduled {
    return this.push(at, 0, this.#kernelSeq++, run);
  }

  push(at: Micros, source: number, seq: number, run: () => void): Scheduled {
    const event: Scheduled = { at, source, seq, cancelled: false, run };
    this.#heap.push(event);
    return event;
  }

  cancel(event: Scheduled): void {
    if (event.cancelled) return;
    event.cancelled = true;
    this.#cancelled++;
    if (this.#cancelled > SWEEP_FLOOR && this.#cancelled * 2 > this.#heap.size) this.#sweep();
  }

  cancelIf(event: Scheduled | undefined): void {
    if (event !== undefined) this.cancel(event);
  }

  /** Time of the next live event. */
  peekTime(): Micros | undefined {
    for (;;) {
      const next = this.#heap.peek();
      if (next === undefined) return undefined;
      if (!next.cancelled) return next.at;
      this.#heap.pop();
      this.#cancelled--;
    }
  }

  pop(): Scheduled | undefined {
    if (this.peekTime() === undefined) return undefined;
    const event = this.#heap.pop();
    // Cancelling what has happened has no effect.
    if (event !== undefined) event.cancelled = true;
    return event;
  }

  get size(): number {
    return this.#heap.size - this.#cancelled;
  }

  #sweep(): void {
    const kept = new Heap<Scheduled>(compare);
    for (const event of this.#heap.values()) if (!event.cancelled) kept.push(event);
    this.#heap = kept;
    this.#cancelled = 0;
  }
}

function compare(a: Scheduled, b: Scheduled): number {
  return a.at - b.at || a.source - b.source || a.seq - b.seq;
}
