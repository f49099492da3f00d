// Reads that wait for a quorum to confirm the leader. Models go.etcd.io/raft/v3 (read_only.go, ReadOnlySafe).
import type { Configuration, MemberId } from './types.ts';
import { voteResult } from './quorum.ts';

export interface PendingRead {
  readonly from: MemberId;
  readonly context: string;
  /** The commit index when the read arrived. */
  readonly index: number;
  readonly acks: Map<MemberId, boolean>;
}

export class ReadOnly {
  /** In order of arrival. */
  private pending = new Map<string, PendingRead>();

  add(from: MemberId, self: MemberId, context: string, index: number): void {
    if (this.pending.has(context)) return;
    this.pending.set(context, { from, context, index, acks: new Map([[self, true]]) });
  }

  /** The newest read's context: a heartbeat confirms it and all before it. */
  lastContext(): string {
    return [...this.pending.keys()].at(-1) ?? '';
  }

  /** The reads that this acknowledgement confirms, oldest first. */
  acknowledge(configuration: Configuration, from: MemberId, context: string): PendingRead[] {
    const read = this.pending.get(context);
    if (read === undefined) return [];
    read.acks.set(from, true);
    if (voteResult(configuration, read.acks) !== 'won') return [];
    const confirmed: PendingRead[] = [];
    for (const earlier of this.pending.values()) {
      confirmed.push(earlier);
      if (earlier === read) break;
    }
    for (const { context: done } of confirmed) this.pending.delete(done);
    return confirmed;
  }

  clear(): void {
    this.pending.clear();
  }
}
