// Who belongs to the cluster, and how that changes without two majorities that do not meet.
// Models go.etcd.io/raft/v3/confchange and the parts of raft.go about it.
import { appendEntries, becomeFollower, maybeCommit } from './core.ts';
import type { Core } from './core.ts';
import { newProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { membersOf } from './quorum.ts';
import { broadcastAppend, sendAppend } from './replication.ts';
import { NONE } from './types.ts';
import type { ConfChange, ConfChangeSingle, Configuration, MemberId, Proposal } from './types.ts';

const LEAVE: ConfChange = { transition: 'auto', changes: [] };

/** What may not change the configuration now becomes an empty entry: its proposer learns that when it is applied. */
export function checkChanges(core: Core, proposals: readonly Proposal[]): readonly Proposal[] {
  return proposals.map((proposal, at) => {
    const { change } = proposal;
    if (change === undefined || core.config.bugs?.unsafeConfChanges === true) return proposal;
    const joint = core.configuration.outgoing.length > 0;
    const leaves = change.changes.length === 0;
    if (core.pendingChange > core.log.applied || joint !== leaves) return { data: null, size: 0 };
    core.pendingChange = core.log.lastIndex() + at + 1;
    return proposal;
  });
}

/** A leader whose log can tell that the joint configuration was reached proposes to leave it. */
export function leaveIfDue(core: Core): void {
  if (core.role !== 'leader' || !core.configuration.autoLeave || core.log.applied < core.pendingChange) return;
  const index = core.log.lastIndex() + 1;
  if (!appendEntries(core, [{ data: null, size: 0, change: LEAVE }])) return;
  core.pendingChange = index;
  broadcastAppend(core);
}

export function changeConfiguration(core: Core, change: ConfChange): void {
  const next = nextConfiguration(core.configuration, change, core.config.bugs?.unsafeConfChanges === true);
  if (next === core.configuration) return;
  core.configuration = next;
  core.progress = progressOf(core, next);
  core.config.observe?.({ kind: 'configuration', configuration: next });
  if (core.role !== 'leader') return;
  const votes = next.voters.includes(core.id) || next.outgoing.includes(core.id);
  if (!votes) {
    if (core.config.stepDownOnRemoval === true) becomeFollower(core, core.term, NONE);
    return;
  }
  // What was waiting for voters that have left may be committed by those who stay.
  if (maybeCommit(core)) broadcastAppend(core);
  else for (const id of core.progress.keys()) if (id !== core.id) sendAppend(core, id, false);
  if (![...next.voters, ...next.outgoing].includes(core.leadTransferee)) core.leadTransferee = NONE;
}

function progressOf(core: Core, configuration: Configuration): Map<MemberId, Progress> {
  // Whoever is new counts as heard of: otherwise the next check of the quorum could end the leader before they could answer.
  const fresh = (): Progress => newProgress(0, Math.max(core.log.lastIndex(), 1), true);
  return new Map(membersOf(configuration).map((id) => [id, core.progress.get(id) ?? fresh()]));
}

/** Throws if the change cannot be made from there: the leader has seen to that before it took the entry. */
export function nextConfiguration(from: Configuration, change: ConfChange, unsafe = false): Configuration {
  const joint = from.outgoing.length > 0;
  if (change.changes.length === 0) {
    if (!joint && unsafe) return from;
    if (!joint) throw new Error("can't leave a non-joint config");
    return {
      voters: from.voters,
      outgoing: [],
      learners: [...from.learners, ...from.learnersNext].sort(),
      learnersNext: [],
      autoLeave: false,
    };
  }
  if (!unsafe && (change.transition !== 'auto' || change.changes.length > 1)) return enterJoint(from, change);
  if (joint && !unsafe) throw new Error("can't apply simple config change in joint config");
  const next = changed(from, change.changes);
  if (!unsafe && difference(from.voters, next.voters) > 1)
    throw new Error('more than one voter changed without entering joint config');
  return next;
}

function enterJoint(from: Configuration, { transition, changes }: ConfChange): Configuration {
  if (from.outgoing.length > 0) throw new Error('config is already joint');
  if (from.voters.length === 0) throw new Error("can't make a zero-voter config joint");
  return changed({ ...from, outgoing: from.voters, autoLeave: transition !== 'joint-explicit' }, changes);
}

function changed(from: Configuration, changes: readonly ConfChangeSingle[]): Configuration {
  const next = changes.reduce(changedByOne, from);
  if (next.voters.length === 0) throw new Error('removed all voters');
  return next;
}

function changedByOne(from: Configuration, { type, id }: ConfChangeSingle): Configuration {
  if (id === NONE || type === 'update') return from;
  const without = (ids: readonly MemberId[]): MemberId[] => ids.filter((other) => other !== id);
  const away: Configuration = {
    ...from,
    voters: without(from.voters),
    learners: without(from.learners),
    learnersNext: without(from.learnersNext),
  };
  if (type === 'remove') return away;
  if (type === 'add-voter') return { ...away, voters: [...away.voters, id].sort() };
  // It still votes for as long as the voters being left do.
  if (from.outgoing.includes(id)) return { ...away, learnersNext: [...away.learnersNext, id].sort() };
  return { ...away, learners: [...away.learners, id].sort() };
}

/** How many belong to one of the two only. */
function difference(a: readonly MemberId[], b: readonly MemberId[]): number {
  return a.filter((id) => !b.includes(id)).length + b.filter((id) => !a.includes(id)).length;
}
