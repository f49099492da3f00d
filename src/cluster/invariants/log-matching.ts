import type { Invariant } from './invariant.ts';

const KEPT = 20_000;

/** Raft, figure 3: checked as "what precedes an entry is the same wherever the entry is", which by induction is the whole log. */
export const logMatching: Invariant = {
  name: 'log matching',
  says: 'Logs that hold an entry with the same index and term are the same up to it.',
  hears: ['raft.append'],
  create() {
    const before = new Map<string, number>();
    return (event, { logs }) => {
      if (event.kind !== 'note' || event.note.type !== 'raft.append') return undefined;
      const log = logs.members.get(event.note.member);
      let previous = log?.terms.get((event.note.entries[0]?.index ?? 0) - 1);
      for (const { index, term } of event.note.entries) {
        const key = `${index}/${term}`;
        const known = before.get(key);
        if (known !== undefined && previous !== undefined && known !== previous)
          return `entry ${index} of term ${term} follows term ${previous} on ${event.note.member}, but term ${known} elsewhere`;
        if (previous !== undefined) before.set(key, previous);
        previous = term;
      }
      while (before.size > KEPT) before.delete(before.keys().next().value ?? '');
      return undefined;
    };
  },
};
