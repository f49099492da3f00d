// API Priority and Fairness. Models apiserver/pkg/util/flowcontrol/apf_controller.go and apf_filter.go.
import type { PriorityLevelConfiguration } from '../../../api/types.gen.ts';
import type { Env } from '../../../sim/env.ts';
import { SECOND } from '../../../lib/time.ts';
import type { Deadlines } from '../deadlines.ts';
import { allocate } from './concurrency-allocation.ts';
import type { Flow } from './flow-control.ts';
import { QueueSet } from './queue-set.ts';
import type { Ticket } from './queue-set.ts';
import { SeatDemand } from './seat-demand.ts';

export interface FairnessOptions {
  /** Seats of all levels together: `--max-requests-inflight` and `--max-mutating-requests-inflight`. */
  readonly seats: number;
  /** Micros that a request may wait: a quarter of its time limit. */
  readonly longestWait: number;
}

export interface Entry {
  readonly flow: Flow;
  /** Who, of those that the schema tells apart. */
  readonly distinguisher: string;
  /** Seats asked for, at a level of so many. */
  width(nominal: number): number;
  run(): void;
  /** It has to wait; until it runs, `giveUp` ends that. */
  waits(giveUp: () => void): void;
  /** Seconds after which to try again. */
  refuse(retryAfter: number): void;
}

/** Lends and borrows so often, while anybody waits. */
const ADJUSTMENT_PERIOD = 10 * SECOND;
const NOTHING_TO_LEAVE = (): void => undefined;

interface Level {
  readonly set: QueueSet;
  readonly demand: SeatDemand;
  lendable: number;
  borrowable: number;
}

/**
 * Shares the server's seats out among priority levels and, at each, among flows. While seats are free a request costs a few
 * additions: nothing waits, no timer runs, and what levels may lend to one another is not asked.
 */
export class Fairness {
  readonly #env: Env;
  readonly #deadlines: Deadlines;
  readonly #options: FairnessOptions;
  readonly #levels = new Map<string, Level>();
  #known: readonly PriorityLevelConfiguration[] = [];
  #adjusting = false;

  constructor(env: Env, deadlines: Deadlines, options: FairnessOptions) {
    this.#env = env;
    this.#deadlines = deadlines;
    this.#options = options;
  }

  /** Returns what to call when the request is answered or given up. */
  enter(
    { flow, distinguisher, width, run, waits, refuse }: Entry,
    levels: readonly PriorityLevelConfiguration[],
  ): () => void {
    if (levels !== this.#known) this.#configure(levels);
    const level = this.#levels.get(flow.level.metadata.name);
    if (level === undefined) {
      run();
      return NOTHING_TO_LEAVE;
    }
    const { set } = level;
    const ticket: Ticket = {
      width: set.isExempt ? 1 : width(set.nominal),
      flow: `${flow.schema.metadata.name}\0${distinguisher}`,
      run,
      state: 'new',
      queue: undefined,
      since: 0,
    };
    const leave = (): void => {
      if (ticket.state !== 'waiting' && ticket.state !== 'running') return;
      set.leave(ticket);
      this.#observe(level);
    };
    const reject = (): void => {
      const after = set.dropped.retryAfter;
      set.dropped.record(Math.floor(this.#env.now() / SECOND));
      refuse(after);
    };
    if (set.enter(ticket) !== undefined) {
      reject();
      return NOTHING_TO_LEAVE;
    }
    this.#observe(level);
    if (!isWaiting(ticket)) return leave;
    const cancel = this.#deadlines.after(this.#options.longestWait, () => {
      if (ticket.state !== 'waiting') return;
      leave();
      reject();
    });
    this.#adjustLater();
    const leaveAndForget = (): void => {
      cancel();
      leave();
    };
    waits(leaveAndForget);
    return leaveAndForget;
  }

  #configure(levels: readonly PriorityLevelConfiguration[]): void {
    this.#known = levels;
    const shares = levels.reduce((sum, level) => sum + sharesOf(level), 0);
    const names = new Set(levels.map(({ metadata }) => metadata.name));
    for (const [name, { set }] of this.#levels) if (!names.has(name) && set.isIdle) this.#levels.delete(name);
    for (const configuration of levels) {
      const { metadata, spec } = configuration;
      const known = this.#levels.get(metadata.name);
      const set = known?.set ?? new QueueSet(spec, () => this.#env.uptime());
      set.spec = spec;
      const share = sharesOf(configuration);
      set.nominal = shares === 0 ? 0 : Math.ceil((this.#options.seats * share) / shares);
      set.limit = set.nominal;
      const { lendablePercent = 0 } = spec.limited ?? spec.exempt ?? {};
      const borrowing = spec.limited?.borrowingLimitPercent;
      this.#levels.set(metadata.name, {
        set,
        demand: known?.demand ?? new SeatDemand(),
        lendable: Math.round((set.nominal * lendablePercent) / 100),
        borrowable: borrowing === undefined ? this.#options.seats : Math.round((set.nominal * borrowing) / 100),
      });
      set.dispatch();
    }
  }

  #observe({ set, demand }: Level): void {
    if (this.#adjusting) demand.set(set.demand, this.#env.uptime());
  }

  #adjustLater(): void {
    if (this.#adjusting) return;
    this.#adjusting = true;
    for (const { set, demand } of this.#levels.values()) demand.start(set.demand, this.#env.uptime());
    this.#deadlines.after(ADJUSTMENT_PERIOD, () => this.#adjust());
  }

  /** Models updateBorrowing; once nobody waits, each level has its own seats again. */
  #adjust(): void {
    const levels = [...this.#levels.values()];
    const limited = levels.filter(({ set }) => !set.isExempt);
    const waits = levels.some(({ set }) => set.waiting > 0);
    const classes = limited.map(({ set, demand, lendable, borrowable }) => {
      const { high, smoothed } = demand.reset(this.#env.uptime());
      const lowerBound = Math.max(set.nominal - lendable, Math.min(set.nominal, high));
      return {
        target: Math.max(lowerBound, smoothed),
        lowerBound,
        upperBound: Math.max(lowerBound, set.nominal + borrowable),
      };
    });
    const shares = waits ? allocate(this.#options.seats, classes) : limited.map(({ set }) => set.nominal);
    limited.forEach(({ set }, i) => {
      set.limit = Math.round(shares[i] ?? set.nominal);
    });
    this.#adjusting = waits;
    if (waits) this.#deadlines.after(ADJUSTMENT_PERIOD, () => this.#adjust());
    for (const { set } of limited) set.dispatch();
  }
}

function sharesOf({ spec }: PriorityLevelConfiguration): number {
  return (spec.limited ?? spec.exempt)?.nominalConcurrencyShares ?? 0;
}

function isWaiting({ state }: Ticket): boolean {
  return state === 'waiting';
}
