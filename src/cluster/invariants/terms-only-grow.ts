import type { Invariant } from './invariant.ts';

/** Raft, figure 2: currentTerm and votedFor are persistent, and nobody hears of them before they are. */
export const termsOnlyGrow: Invariant = {
  name: 'terms only grow',
  says: 'A member of etcd never goes back behind the term on its disk, and votes once in each, restarts or not.',
  hears: ['etcd.start', 'raft.hard-state', 'raft.role'],
  create() {
    const members = new Map<
      string,
      { readonly id: string; readonly term: number; readonly vote: string | undefined }
    >();
    return (event) => {
      if (event.kind !== 'note') return undefined;
      const { note } = event;
      if (note.type === 'etcd.start') {
        const { member, id } = note;
        // A replacement under the same name begins with an empty disk.
        if (members.get(member)?.id !== id) members.set(member, { id, term: 0, vote: undefined });
        return undefined;
      }
      if (note.type !== 'raft.hard-state' && note.type !== 'raft.role') return undefined;
      const { member, term, vote } = note;
      const kept = members.get(member) ?? { id: '', term: 0, vote: undefined };
      if (note.type === 'raft.hard-state') members.set(member, { id: kept.id, term, vote });
      if (term < kept.term) return `${member} is in term ${term}, but term ${kept.term} was on its disk`;
      return term === kept.term && kept.vote !== undefined && vote !== undefined && vote !== kept.vote
        ? `${member} voted for ${kept.vote} and for ${vote} in term ${term}`
        : undefined;
    };
  },
};
