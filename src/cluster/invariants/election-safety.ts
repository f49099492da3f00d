import type { Invariant } from './invariant.ts';

/** Raft, figure 3. */
export const electionSafety: Invariant = {
  name: 'election safety',
  says: 'At most one etcd member leads in a term.',
  hears: ['raft.role'],
  create() {
    const leaders = new Map<number, string>();
    return (event) => {
      if (event.kind !== 'note' || event.note.type !== 'raft.role' || event.note.role !== 'leader') return undefined;
      const { term, member } = event.note;
      const before = leaders.get(term);
      leaders.set(term, member);
      return before !== undefined && before !== member ? `${before} and ${member} both led in term ${term}` : undefined;
    };
  },
};
