import type { Invariant } from './invariant.ts';

/** Raft, figure 3: checked as "what precedes an entry is the same wherever the entry is", which by induction is the whole log. */
export const logMatching: Invariant = {
  name: 'log matching',
  says: 'Logs that hold an entry with the same index and term are the same up to it.',
  create() {
    const before = new Map<string, number>();
    return (event, logs) => {
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
      if (before.size > 60_000) for (const key of [...before.keys()].slice(0, 30_000)) before.delete(key);
      return undefined;
    };
  },
};
