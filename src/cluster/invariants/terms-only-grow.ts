import type { Invariant } from './invariant.ts';

/** Raft, figure 2: currentTerm and votedFor are persistent, and nobody hears of them before they are. */
export const termsOnlyGrow: Invariant = {
  name: 'terms only grow',
  says: 'A member of etcd never goes back behind the term on its disk, and votes once in each, restarts or not.',
  hears: ['etcd.start', 'raft.configuration', 'raft.hard-state', 'raft.role'],
  create() {
    const members = new Map<
      string,
      { readonly id: string; readonly term: number; readonly vote: string | undefined }
    >();
    /** Who belongs to the cluster, as each member has it. */
    const configurations = new Map<string, readonly string[]>();
    /** What a member promised to a cluster that has removed it binds nobody: its disk may be wiped, and it may start again. */
    const configured = (by: string, now: readonly string[]): void => {
      const gone = (configurations.get(by) ?? []).filter((id) => !now.includes(id));
      configurations.set(by, now);
      for (const [member, { id }] of members)
        if (gone.includes(id)) members.set(member, { id, term: 0, vote: undefined });
    };
    return (event) => {
      if (event.kind !== 'note') return undefined;
      const { note } = event;
      if (note.type === 'raft.configuration') {
        configured(
          note.member,
          note.members.map(({ id }) => id),
        );
        return undefined;
      }
      if (note.type === 'etcd.start') {
        const { member, id } = note;
        configurations.delete(member);
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
