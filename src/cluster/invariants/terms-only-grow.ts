import type { Invariant } from './invariant.ts';

/** Raft, figure 2: currentTerm and votedFor are persistent. */
export const termsOnlyGrow: Invariant = {
  name: 'terms only grow',
  says: 'A member of etcd never goes back to an earlier term, and votes once in each, restarts or not.',
  hears: ['etcd.start', 'raft.role'],
  create() {
    const members = new Map<string, { id: string; term: number; votedIn: number; vote: string }>();
    const known = (member: string) => members.get(member) ?? { id: '', term: 0, votedIn: 0, vote: '' };
    return (event) => {
      if (event.kind !== 'note') return undefined;
      const { note } = event;
      if (note.type === 'etcd.start') {
        // A replacement under the same name begins with an empty disk.
        const { member, id } = note;
        if (known(member).id !== id) members.set(member, { id, term: 0, votedIn: 0, vote: '' });
        return undefined;
      }
      if (note.type !== 'raft.role') return undefined;
      const { member, term, vote } = note;
      const before = known(member);
      const voted = vote === undefined ? {} : { votedIn: term, vote };
      members.set(member, { ...before, term, ...voted });
      if (term < before.term) return `${member} is in term ${term} after term ${before.term}`;
      return vote !== undefined && before.votedIn === term && before.vote !== vote
        ? `${member} voted for ${before.vote} and for ${vote} in term ${term}`
        : undefined;
    };
  },
};
