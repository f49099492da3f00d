import type { Invariant } from './invariant.ts';

/** Raft, figure 2: currentTerm and votedFor are persistent. */
export const termsOnlyGrow: Invariant = {
  name: 'terms only grow',
  says: 'A member of etcd never goes back to an earlier term, and votes once in each, restarts or not.',
  hears: ['etcd.start', 'raft.role'],
  create() {
    // `promised`: the newest term in which it voted or led, which it cannot have done before that was on its disk.
    const nothing = { id: '', term: 0, promised: 0, votedIn: 0, vote: '' };
    const members = new Map<string, typeof nothing>();
    const known = (member: string) => members.get(member) ?? nothing;
    return (event) => {
      if (event.kind !== 'note') return undefined;
      const { note } = event;
      if (note.type === 'etcd.start') {
        // A replacement under the same name begins with an empty disk.
        const { member, id } = note;
        const before = known(member);
        members.set(member, before.id === id ? { ...before, term: before.promised } : { ...nothing, id });
        return undefined;
      }
      if (note.type !== 'raft.role') return undefined;
      const { member, term, vote, role } = note;
      const before = known(member);
      const voted = vote === undefined ? {} : { votedIn: term, vote };
      const promised = vote !== undefined || role === 'leader' ? Math.max(before.promised, term) : before.promised;
      members.set(member, { ...before, term, promised, ...voted });
      if (term < before.term) return `${member} is in term ${term} after term ${before.term}`;
      return vote !== undefined && before.votedIn === term && before.vote !== vote
        ? `${member} voted for ${before.vote} and for ${vote} in term ${term}`
        : undefined;
    };
  },
};
