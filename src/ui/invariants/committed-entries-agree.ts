import { termAt } from '../stores/fold-raft.ts';
import { hostOf } from '../stores/world.ts';
import type { Invariant } from './invariant.ts';

const KEPT = 4_000;

/** Raft, State Machine Safety: what one member has committed at an index, all commit there. */
export const committedEntriesAgree: Invariant = {
  name: 'committed entries agree',
  says: 'A log index committed by two members holds the same entry on both.',
  create: () => {
    const terms = new Map<number, number>();
    const reached = new Map<string, number>();
    return (world, event) => {
      if (event.kind !== 'note' || event.note.type !== 'raft.commit') return undefined;
      const host = hostOf(event.source);
      const member = world.members.get(host);
      if (member === undefined) return undefined;
      for (let index = Math.max(reached.get(host) ?? 0, member.first - 1) + 1; index <= event.note.index; index++) {
        const term = termAt(member, index);
        if (term === undefined) continue;
        const known = terms.get(index);
        if (known !== undefined && known !== term)
          return `index ${index}: ${host} committed term ${term}, another member term ${known}`;
        terms.set(index, term);
        if (terms.size > KEPT) terms.delete(terms.keys().next().value ?? 0);
      }
      reached.set(host, event.note.index);
      return undefined;
    };
  },
};
