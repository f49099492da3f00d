import type { Invariant } from './invariant.ts';

/** Raft, §5.4.2: entries of earlier terms are committed only by way of one of the leader's own term. */
export const leaderCommitsOwnTerm: Invariant = {
  name: 'leader commits its own term',
  says: 'A leader counts replicas only of entries of its own term.',
  hears: ['raft.commit'],
  create:
    () =>
    (event, { logs }) => {
      if (event.kind !== 'note' || event.note.type !== 'raft.commit') return undefined;
      const { member, index } = event.note;
      const log = logs.members.get(member);
      if (log === undefined || log.role !== 'leader' || index <= log.commit) return undefined;
      const term = log.terms.get(index);
      return term !== undefined && term !== log.term
        ? `${member} leads term ${log.term} and committed entry ${index} of term ${term} by counting`
        : undefined;
    },
};
