// Models apiserver/pkg/util/flowcontrol/fairqueuing/queueset: the seats of one priority level, and who waits for them.
import type { PriorityLevelConfigurationSpec } from '../../../api/types.gen.ts';
import { DroppedRequests } from './dropped-requests.ts';
import { dealHand } from './shuffle-sharding.ts';

export type Refusal = 'queue-full' | 'concurrency-limit' | 'time-out';

/** One request at a level. It is in one queue until it runs; `width` seats are its own while it does. */
export interface Ticket {
  readonly width: number;
  /** Whose it is: those of one flow share its hand of queues. */
  readonly flow: string;
  readonly run: () => void;
  state: 'new' | 'waiting' | 'running' | 'over';
  queue: Queue | undefined;
  /** Micros of the clock, once it runs. */
  since: number;
}

interface Queue {
  readonly index: number;
  readonly waiting: Ticket[];
  running: number;
  seats: number;
  /** The virtual time from which its next request counts. */
  next: number;
}

/** What a request is expected to take, in seconds, until it is known what it took. */
const EXPECTED_SECONDS = 0.003;
const MICROS = 1_000_000;

export class QueueSet {
  readonly dropped = new DroppedRequests();
  spec: PriorityLevelConfigurationSpec;
  /** Seats that it has in any case, and that it has now. */
  nominal = 0;
  limit = 0;
  readonly #now: () => number;
  readonly #queues: Queue[] = [];
  #seats = 0;
  readonly #running = new Set<Ticket>();
  #waiting = 0;
  #waitingSeats = 0;
  /** Virtual time, in seconds of a seat of each busy queue, and when it was last set. */
  #virtual = 0;
  #set = 0;
  /** The queue from which the last request went: equals take turns. */
  #last = -1;

  constructor(spec: PriorityLevelConfigurationSpec, now: () => number) {
    this.spec = spec;
    this.#now = now;
  }

  get isExempt(): boolean {
    return this.spec.type === 'Exempt';
  }

  get waiting(): number {
    return this.#waiting;
  }

  get isIdle(): boolean {
    return this.#running.size === 0 && this.#waiting === 0;
  }

  /** Seats in use and seats wanted. */
  get demand(): number {
    return this.#seats + this.#waitingSeats;
  }

  /** Runs the request, lets it wait, or says why not. */
  enter(ticket: Ticket): Refusal | undefined {
    if (this.isExempt || (this.#waiting === 0 && this.#fits(ticket.width))) {
      this.#begin(ticket);
      return undefined;
    }
    const queuing = this.spec.limited?.limitResponse?.queuing;
    if (queuing === undefined) return 'concurrency-limit';
    if (this.#waiting === 0) this.#startOver();
    this.#advance();
    const queue = this.#choose(ticket);
    if (queue.waiting.length >= (queuing.queueLengthLimit ?? 0)) return 'queue-full';
    this.#occupy(queue);
    ticket.queue = queue;
    ticket.state = 'waiting';
    queue.waiting.push(ticket);
    this.#waiting++;
    this.#waitingSeats += ticket.width;
    this.dispatch();
    return undefined;
  }

  /** The request is answered, or nobody waits for it any more. */
  leave(ticket: Ticket): void {
    const { state, queue, width } = ticket;
    ticket.state = 'over';
    if (state === 'running') {
      if (this.#waiting > 0) this.#advance();
      this.#seats -= width;
      this.#running.delete(ticket);
      if (queue !== undefined) {
        queue.running--;
        queue.seats -= width;
        queue.next -= (EXPECTED_SECONDS - (this.#now() - ticket.since) / MICROS) * width;
      }
      if (this.#waiting > 0) this.dispatch();
    } else if (state === 'waiting') this.#take(ticket);
  }

  /** Lets run who can. */
  dispatch(): void {
    while (this.#waiting > 0) {
      const queue = this.#turn();
      const ticket = queue?.waiting[0];
      if (queue === undefined || ticket === undefined || !this.#fits(ticket.width)) return;
      this.#take(ticket);
      this.#last = queue.index;
      this.#begin(ticket);
    }
  }

  #take(ticket: Ticket): void {
    const waiting = ticket.queue?.waiting ?? [];
    const at = waiting.indexOf(ticket);
    if (at < 0) return;
    waiting.splice(at, 1);
    this.#waiting--;
    this.#waitingSeats -= ticket.width;
  }

  #begin(ticket: Ticket): void {
    ticket.state = 'running';
    ticket.since = this.#now();
    this.#seats += ticket.width;
    this.#running.add(ticket);
    if (ticket.queue !== undefined) this.#serve(ticket.queue, ticket);
    ticket.run();
  }

  #serve(queue: Queue, { width }: Ticket): void {
    queue.running++;
    queue.seats += width;
    queue.next += EXPECTED_SECONDS * width;
  }

  /** A queue that had nothing to do does not count the time that it did not need. */
  #occupy(queue: Queue): void {
    if (queue.waiting.length === 0 && queue.running === 0) queue.next = Math.max(queue.next, this.#virtual);
  }

  /** What is wider than the level has it for itself. */
  #fits(width: number): boolean {
    return width > this.limit ? this.#running.size === 0 : this.#seats + width <= this.limit;
  }

  /** Of the hand, the queue with the least to do. */
  #choose({ flow }: Ticket): Queue {
    const { queues: count = 0, handSize = 0 } = this.spec.limited?.limitResponse?.queuing ?? {};
    const queues = dealHand(flow, count, handSize).map((index) => this.#queue(index));
    const work = ({ waiting, seats }: Queue): number => waiting.reduce((sum, { width }) => sum + width, seats);
    return queues.reduce((best, queue) => (work(queue) < work(best) ? queue : best));
  }

  #queue(index: number): Queue {
    return (this.#queues[index] ??= { index, waiting: [], running: 0, seats: 0, next: this.#virtual });
  }

  /** The queue whose first request would be done first, were each served at the same pace. */
  #turn(): Queue | undefined {
    let best: Queue | undefined;
    let soonest = Infinity;
    const count = this.#queues.length;
    for (let step = 1; step <= count; step++) {
      const queue = this.#queues[(this.#last + step) % count];
      const first = queue?.waiting[0];
      if (queue === undefined || first === undefined) continue;
      const done = queue.next + EXPECTED_SECONDS * first.width;
      if (done < soonest) [best, soonest] = [queue, done];
    }
    return best;
  }

  /** Virtual time goes on by what each busy queue had of the seats. */
  #advance(): void {
    const now = this.#now();
    if (this.#running.size > 0 || this.#waiting > 0) {
      const busy = this.#queues.filter(
        (queue) => queue !== undefined && (queue.waiting.length > 0 || queue.running > 0),
      );
      const used = Math.min(this.demand, this.limit);
      if (busy.length > 0) this.#virtual += ((now - this.#set) / MICROS) * (used / busy.length);
    }
    this.#set = now;
  }

  /** While seats are free nobody asks whose turn it is: queues are told only now of what runs. */
  #startOver(): void {
    this.#virtual = 0;
    this.#set = this.#now();
    for (const queue of this.#queues) if (queue !== undefined) Object.assign(queue, { running: 0, seats: 0, next: 0 });
    for (const ticket of this.#running) {
      const queue = this.#choose(ticket);
      ticket.queue = queue;
      this.#serve(queue, ticket);
    }
  }
}
