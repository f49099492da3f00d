import { lastIndex } from '../stores/fold-raft.ts';
import { hostOf } from '../stores/world.ts';
import type { Invariant } from './invariant.ts';

/** Raft, Leader Completeness. */
export const leaderHasCommitted: Invariant = {
  name: 'leaders have what is committed',
  says: 'Whoever is elected holds every entry that was committed before.',
  create: () => {
    let committed = 0;
    return (world, event) => {
      if (event.kind !== 'note') return undefined;
      if (event.note.type === 'raft.commit') committed = Math.max(committed, event.note.index);
      if (event.note.type !== 'raft.role' || event.note.role !== 'leader') return undefined;
      const host = hostOf(event.source);
      const member = world.members.get(host);
      if (member === undefined || member.terms.length === 0 || lastIndex(member) >= committed) return undefined;
      return `${host} leads in term ${event.note.term} with a log up to ${lastIndex(member)}, but ${committed} is committed`;
    };
  },
};
