// What the leader knows of one follower. Models go.etcd.io/raft/v3/tracker.

export type ProgressState = 'probe' | 'replicate' | 'snapshot';

export interface Progress {
  match: number;
  next: number;
  state: ProgressState;
  pendingSnapshot: number;
  /** Heard of since the last check of the quorum. */
  recentActive: boolean;
  /** Probing: one message is under way. Replicating: an empty message went out with a full window. */
  paused: boolean;
  /** The last index of each append message that is not acknowledged yet, in order. */
  inflight: number[];
}

export function newProgress(match: number, next: number, recentActive: boolean): Progress {
  return { match, next, state: 'probe', pendingSnapshot: 0, recentActive, paused: false, inflight: [] };
}

export function becomeProbe(progress: Progress): void {
  const { pendingSnapshot, state, match } = progress;
  progress.next = state === 'snapshot' ? Math.max(match + 1, pendingSnapshot + 1) : match + 1;
  enter(progress, 'probe');
}

export function becomeReplicate(progress: Progress): void {
  enter(progress, 'replicate');
  progress.next = progress.match + 1;
}

export function becomeSnapshot(progress: Progress, index: number): void {
  enter(progress, 'snapshot');
  progress.pendingSnapshot = index;
  progress.next = index + 1;
}

function enter(progress: Progress, state: ProgressState): void {
  progress.state = state;
  progress.paused = false;
  progress.pendingSnapshot = 0;
  progress.inflight = [];
}

export function isPaused(progress: Progress): boolean {
  return progress.state === 'snapshot' || progress.paused;
}

export function sentEntries(progress: Progress, count: number, maxInflight: number): void {
  if (progress.state === 'probe') {
    if (count > 0) progress.paused = true;
    return;
  }
  if (count > 0) {
    progress.next += count;
    progress.inflight.push(progress.next - 1);
  }
  progress.paused = progress.inflight.length >= maxInflight;
}

/** An acknowledgement of everything up to `index`; false if it brings nothing new. */
export function maybeUpdate(progress: Progress, index: number): boolean {
  if (index <= progress.match) return false;
  progress.match = index;
  progress.next = Math.max(progress.next, index + 1);
  progress.paused = false;
  return true;
}

export function freeInflight(progress: Progress, index: number): void {
  const kept = progress.inflight.findIndex((last) => last > index);
  progress.inflight = kept < 0 ? [] : progress.inflight.slice(kept);
  progress.paused = false;
}

/** A rejection of the entry at `rejected`; false if it is about a message of the past. */
export function maybeDecrease(progress: Progress, rejected: number, hint: number): boolean {
  if (progress.state === 'replicate') {
    if (rejected <= progress.match) return false;
    progress.next = progress.match + 1;
    return true;
  }
  if (progress.next - 1 !== rejected) return false;
  progress.next = Math.max(Math.min(rejected, hint + 1), progress.match + 1);
  progress.paused = false;
  return true;
}
