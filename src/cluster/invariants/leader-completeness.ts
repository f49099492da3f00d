import type { Invariant } from './invariant.ts';

/** Raft, figure 3. */
export const leaderCompleteness: Invariant = {
  name: 'leader completeness',
  says: 'A new leader has every entry that was committed before it.',
  hears: ['raft.role'],
  create:
    () =>
    (event, { logs }) => {
      if (event.kind !== 'note' || event.note.type !== 'raft.role' || event.note.role !== 'leader') return undefined;
      const log = logs.members.get(event.note.member);
      if (log === undefined) return undefined;
      for (const [index, term] of logs.committed) {
        if (index <= log.compacted || term >= event.note.term) continue;
        if (log.terms.get(index) !== term)
          return `${event.note.member} leads term ${event.note.term} without entry ${index} of term ${term}, which was committed`;
      }
      return undefined;
    },
};
