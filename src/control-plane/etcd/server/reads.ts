// Linearizable reads: the leader confirms the commit index, then this member catches up with it.
// Models EtcdServer's linearizableReadLoop
import type { Env, Micros } from '../../../sim/env.ts';
import { MILLISECOND } from '../../../sim/env.ts';
import type { ReadState } from '../raft/types.ts';
import { etcdFailure } from '../errors.ts';
import type { EtcdFailure } from '../errors.ts';

const RETRY_AFTER: Micros = 500 * MILLISECOND;

export interface Read {
  readonly since: Micros;
  readonly cause: string | undefined;
  ready(): void;
  fail(failure: EtcdFailure): void;
}

interface Round {
  readonly context: string;
  readonly reads: Read[];
  readonly since: Micros;
  askedAt: Micros;
  index: number | undefined;
}

export class Reads {
  private readonly env: Env;
  private readonly ask: (context: string) => void;
  private readonly appliedIndex: () => number;
  private readonly timeout: Micros;
  private readonly prefix: string;
  private count = 0;
  /** Those that came while a round is under way: its index may be too old for them. */
  private waiting: Read[] = [];
  private round: Round | undefined;

  constructor(env: Env, timeout: Micros, ask: (context: string) => void, appliedIndex: () => number) {
    this.env = env;
    this.timeout = timeout;
    this.ask = ask;
    this.appliedIndex = appliedIndex;
    this.prefix = env.random.hex(8);
  }

  add(read: Read): void {
    this.waiting.push(read);
    this.begin();
  }

  private begin(): void {
    if (this.round !== undefined || this.waiting.length === 0) return;
    const now = this.env.uptime();
    const context = `${this.prefix}-${++this.count}`;
    this.round = { context, reads: this.waiting, since: now, askedAt: now, index: undefined };
    this.waiting = [];
    this.ask(context);
  }

  confirmed(states: readonly ReadState[]): void {
    for (const { context, index } of states) {
      if (this.round?.context === context && this.round.index === undefined) this.round.index = index;
    }
    this.applied();
  }

  applied(): void {
    const { round } = this;
    if (round?.index === undefined || round.index > this.appliedIndex()) return;
    this.round = undefined;
    for (const read of round.reads) this.env.because(read.cause, () => read.ready());
    this.begin();
  }

  /** Another member leads: nobody will confirm what the last one was asked. */
  leaderChanged(): void {
    if (this.round?.index === undefined) this.failRound(() => etcdFailure('leaderChanged'));
  }

  /** The leader's first entry of its term is committed: now it can answer. */
  firstCommitInTerm(): void {
    if (this.round !== undefined && this.round.index === undefined) this.askAgain(this.round);
  }

  tick(): void {
    const { round } = this;
    if (round === undefined) return;
    const now = this.env.uptime();
    if (now - round.since >= this.timeout)
      this.failRound(() => etcdFailure(round.index === undefined ? 'timeout' : 'timeoutWaitApplied'));
    else if (round.index === undefined && now - round.askedAt >= RETRY_AFTER) this.askAgain(round);
  }

  private askAgain(round: Round): void {
    round.askedAt = this.env.uptime();
    this.ask(round.context);
  }

  private failRound(failure: () => EtcdFailure): void {
    const { round } = this;
    if (round === undefined || (round.index !== undefined && round.index <= this.appliedIndex())) return;
    this.round = undefined;
    for (const read of round.reads) this.env.because(read.cause, () => read.fail(failure()));
    this.begin();
  }
}
