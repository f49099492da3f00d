import type { Invariant } from './invariant.ts';

/** Raft, figure 3. */
export const leaderAppendOnly: Invariant = {
  name: 'leader append-only',
  says: 'A leader never overwrites or deletes entries of its log.',
  hears: ['raft.append'],
  create:
    () =>
    (event, { logs }) => {
      if (event.kind !== 'note' || event.note.type !== 'raft.append') return undefined;
      const log = logs.members.get(event.note.member);
      const first = event.note.entries[0];
      if (log === undefined || first === undefined || log.role !== 'leader') return undefined;
      return first.index <= log.last
        ? `${event.note.member} rewrote index ${first.index} of ${log.last} while leading term ${log.term}`
        : undefined;
    },
};
