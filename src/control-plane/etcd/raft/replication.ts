// The leader's side of the log, and the follower's. Models go.etcd.io/raft/v3 (raft.go).
import { commitTo, committedInCurrentTerm, maybeCommit, send, singleton } from './core.ts';
import type { Core } from './core.ts';
import {
  becomeProbe,
  becomeReplicate,
  becomeSnapshot,
  freeInflight,
  isPaused,
  maybeDecrease,
  maybeUpdate,
  sentEntries,
} from './progress.ts';
import type { Progress } from './progress.ts';
import { membersOf } from './quorum.ts';
import type { MemberId, MessageOf, Snapshot } from './types.ts';

export function broadcastAppend(core: Core): void {
  for (const id of core.progress.keys()) if (id !== core.id) sendAppend(core, id, true);
}

export function broadcastHeartbeat(core: Core, context: string): void {
  for (const [id, progress] of core.progress) {
    if (id === core.id) continue;
    // A follower that lacks the entries must not commit them.
    send(core, id, { type: 'MsgHeartbeat', commit: Math.min(progress.match, core.log.committed), context });
  }
}

/** Sends what the follower lacks, or a snapshot where that is compacted away. False: nothing was sent. */
export function sendAppend(core: Core, to: MemberId, evenIfEmpty: boolean): boolean {
  const progress = core.progress.get(to);
  if (progress === undefined || isPaused(progress)) return false;
  const index = progress.next - 1;
  const logTerm = core.log.term(index);
  if (logTerm === undefined) return sendSnapshot(core, to, progress);
  const full = progress.state === 'replicate' && progress.inflight.length >= core.config.maxInflightMessages;
  const entries = full ? [] : core.log.slice(progress.next, core.log.lastIndex(), core.config.maxSizePerMessage);
  if (entries.length === 0 && !evenIfEmpty) return false;
  send(core, to, { type: 'MsgApp', index, logTerm, entries, commit: core.log.committed });
  sentEntries(progress, entries.length, core.config.maxInflightMessages);
  return true;
}

function sendSnapshot(core: Core, to: MemberId, progress: Progress): boolean {
  // A member that nobody has heard of would not receive it anyway.
  if (!progress.recentActive) return false;
  const snapshot = core.log.snapshot;
  if (snapshot === undefined) return false;
  becomeSnapshot(progress, snapshot.index);
  send(core, to, { type: 'MsgSnap', snapshot });
  return true;
}

export function handleAppendResponse(core: Core, message: MessageOf<'MsgAppResp'>): void {
  const progress = core.progress.get(message.from);
  if (progress === undefined) return;
  progress.recentActive = true;
  if (message.reject) {
    const { rejectHint, logTerm } = message;
    const hint = logTerm > 0 ? core.log.findConflictByTerm(rejectHint, logTerm).index : rejectHint;
    if (!maybeDecrease(progress, message.index, hint)) return;
    if (progress.state === 'replicate') becomeProbe(progress);
    sendAppend(core, message.from, true);
    return;
  }
  const wasPaused = isPaused(progress);
  const confirmsProbe = progress.match === message.index && progress.state === 'probe';
  if (maybeUpdate(progress, message.index) || confirmsProbe) acknowledged(core, message, progress, wasPaused);
}

function acknowledged(core: Core, message: MessageOf<'MsgAppResp'>, progress: Progress, wasPaused: boolean): void {
  if (progress.state === 'probe') {
    becomeReplicate(progress);
  } else if (progress.state === 'snapshot') {
    // The follower is again within reach of the log, whether or not the snapshot was what brought it there.
    if (progress.match + 1 >= core.log.firstIndex()) {
      becomeProbe(progress);
      becomeReplicate(progress);
    }
  } else {
    freeInflight(progress, message.index);
  }
  if (maybeCommit(core)) {
    releasePendingReads(core);
    broadcastAppend(core);
  } else if (wasPaused && message.from !== core.id) {
    sendAppend(core, message.from, true);
  }
  if (message.from !== core.id) while (sendAppend(core, message.from, false));
  if (message.from === core.leadTransferee && progress.match === core.log.lastIndex()) {
    send(core, message.from, { type: 'MsgTimeoutNow' });
  }
}

export function handleHeartbeatResponse(core: Core, message: MessageOf<'MsgHeartbeatResp'>): void {
  const progress = core.progress.get(message.from);
  if (progress === undefined) return;
  progress.recentActive = true;
  progress.paused = false;
  // One message of the window is forgotten, so that a window lost whole does not block the follower for ever.
  if (progress.state === 'replicate' && progress.inflight.length >= core.config.maxInflightMessages)
    progress.inflight.shift();
  if (progress.match < core.log.lastIndex() || progress.state === 'probe') sendAppend(core, message.from, true);
  if (message.context === '') return;
  for (const read of core.readOnly.acknowledge(core.configuration, message.from, message.context)) {
    answerRead(core, read.from, read.context, read.index);
  }
}

export function handleReadIndex(core: Core, from: MemberId, context: string): void {
  if (singleton(core)) {
    answerRead(core, from, context, core.log.committed);
  } else if (!committedInCurrentTerm(core)) {
    // §6.4: before that it may not know the newest commit index.
    core.pendingReads.push({ from, context });
  } else {
    core.readOnly.add(from, core.id, context, core.log.committed);
    broadcastHeartbeat(core, context);
  }
}

function releasePendingReads(core: Core): void {
  if (core.pendingReads.length === 0 || !committedInCurrentTerm(core)) return;
  const reads = core.pendingReads;
  core.pendingReads = [];
  for (const { from, context } of reads) handleReadIndex(core, from, context);
}

function answerRead(core: Core, from: MemberId, context: string, index: number): void {
  if (from === core.id) core.readStates.push({ index, context });
  else send(core, from, { type: 'MsgReadIndexResp', index, context });
}

export function handleTransferLeader(core: Core, transferee: MemberId): void {
  const progress = core.progress.get(transferee);
  if (progress === undefined || core.configuration.learners.includes(transferee)) return;
  if (core.leadTransferee === transferee || transferee === core.id) return;
  // The transfer should end within one election timeout.
  core.electionElapsed = 0;
  core.leadTransferee = transferee;
  if (progress.match === core.log.lastIndex()) {
    send(core, transferee, { type: 'MsgTimeoutNow' });
  } else {
    progress.paused = false;
    sendAppend(core, transferee, true);
  }
}

export function handleAppend(core: Core, message: MessageOf<'MsgApp'>): void {
  const { log } = core;
  const answer = { type: 'MsgAppResp', rejectHint: 0, logTerm: 0 } as const;
  if (message.index < log.committed) {
    send(core, message.from, { ...answer, index: log.committed, reject: false });
    return;
  }
  if (log.matches(message.index, message.logTerm)) {
    const fresh = log.newOnes(message.entries);
    log.append(fresh);
    if (fresh.length > 0) core.config.observe?.({ kind: 'append', entries: fresh });
    const last = message.index + message.entries.length;
    commitTo(core, Math.min(message.commit, last));
    send(core, message.from, { ...answer, index: last, reject: false });
    return;
  }
  const hint = log.findConflictByTerm(Math.min(message.index, log.lastIndex()), message.logTerm);
  send(core, message.from, {
    ...answer,
    index: message.index,
    reject: true,
    rejectHint: hint.index,
    logTerm: hint.term,
  });
}

export function handleHeartbeat(core: Core, message: MessageOf<'MsgHeartbeat'>): void {
  commitTo(core, message.commit);
  send(core, message.from, { type: 'MsgHeartbeatResp', context: message.context });
}

export function handleSnapshot(core: Core, message: MessageOf<'MsgSnap'>): void {
  const restored = restore(core, message.snapshot);
  const index = restored ? core.log.lastIndex() : core.log.committed;
  send(core, message.from, { type: 'MsgAppResp', index, reject: false, rejectHint: 0, logTerm: 0 });
}

/** False: this member has all that already. */
function restore(core: Core, snapshot: Snapshot): boolean {
  const { log } = core;
  if (snapshot.index <= log.committed) return false;
  if (!membersOf(snapshot.configuration).includes(core.id)) return false;
  if (log.matches(snapshot.index, snapshot.term)) {
    commitTo(core, snapshot.index);
    return false;
  }
  log.restore(snapshot);
  core.configuration = snapshot.configuration;
  core.config.observe?.({ kind: 'configuration', configuration: core.configuration });
  core.config.observe?.({ kind: 'snapshot', index: snapshot.index, term: snapshot.term });
  return true;
}

/** A follower could not be reached: messages to it are lost, so it is probed again. */
export function reportUnreachable(core: Core, id: MemberId): void {
  const progress = core.progress.get(id);
  if (core.role === 'leader' && progress?.state === 'replicate') becomeProbe(progress);
}

export function reportSnapshot(core: Core, id: MemberId, failed: boolean): void {
  const progress = core.progress.get(id);
  if (core.role !== 'leader' || progress?.state !== 'snapshot') return;
  if (failed) progress.pendingSnapshot = 0;
  becomeProbe(progress);
  // Wait for the follower's word, or the next heartbeat's, before sending more.
  progress.paused = true;
}
