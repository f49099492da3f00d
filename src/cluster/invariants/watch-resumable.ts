import type { Invariant } from './invariant.ts';

/** etcd's promises "reliable" and "resumable": whatever broke in between, what comes next is what comes next in the history. */
export const watchResumable: Invariant = {
  name: 'watch resumable',
  says: 'From one event to the next a watch misses no change, though it was broken off and resumed.',
  hears: ['delivery'],
  create:
    () =>
    (_event, { delivery, history }) => {
      if (delivery === undefined || delivery.by !== 'event') return undefined;
      const { who, prefix, from, to, revisions } = delivery;
      if (prefix === undefined || from === undefined) return undefined;
      const told = new Set(revisions);
      const missed = history.between(prefix, from, to)?.find((revision) => !told.has(revision));
      return missed === undefined
        ? undefined
        : `${who} went from ${from} to ${to} and was not told of revision ${missed}`;
    },
};
