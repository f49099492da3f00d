import type { Invariant } from './invariant.ts';

/** Raft, figure 2: currentTerm and votedFor are persistent. */
export const termsOnlyGrow: Invariant = {
  name: 'terms only grow',
  says: 'A member of etcd never goes back to an earlier term, and votes once in each, restarts or not.',
  create() {
    const terms = new Map<string, number>();
    const votes = new Map<string, { readonly term: number; readonly vote: string }>();
    return (event) => {
      if (event.kind !== 'note' || event.note.type !== 'raft.role') return undefined;
      const { member, term, vote } = event.note;
      const before = terms.get(member) ?? 0;
      terms.set(member, term);
      if (term < before) return `${member} is in term ${term} after term ${before}`;
      if (vote === undefined) return undefined;
      const last = votes.get(member);
      votes.set(member, { term, vote });
      return last?.term === term && last.vote !== vote
        ? `${member} voted for ${last.vote} and for ${vote} in term ${term}`
        : undefined;
    };
  },
};
