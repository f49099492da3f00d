import { hostOf } from '../stores/world.ts';
import type { Invariant } from './invariant.ts';

const KEPT = 2_000;

/** Raft, the rule that elections are safe by: a vote is on disk before it is given, and given once. */
export const oneVotePerTerm: Invariant = {
  name: 'one vote per term',
  says: 'A member votes for at most one candidate in a term, crashes included.',
  create: () => {
    const votes = new Map<string, string>();
    return (_world, event) => {
      if (
        event.kind !== 'note' ||
        event.note.type !== 'raft.role' ||
        event.note.vote === undefined ||
        event.note.vote === ''
      )
        return undefined;
      const host = hostOf(event.source);
      const { term, vote } = event.note;
      const key = `${host} ${term}`;
      const before = votes.get(key);
      votes.set(key, vote);
      if (votes.size > KEPT) votes.delete(votes.keys().next().value ?? '');
      return before !== undefined && before !== vote
        ? `${host} voted for ${before} and for ${vote} in term ${term}`
        : undefined;
    };
  },
};
