import type { Invariant } from './invariant.ts';

/** etcd's promises "ordered" and "unique", kept all the way to an informer's handlers. */
export const watchOrdered: Invariant = {
  name: 'watch ordered',
  says: 'A watch tells of changes in the order of their revisions, of none twice, and never goes back.',
  hears: ['delivery'],
  create:
    () =>
    (_event, { delivery }) => {
      if (delivery === undefined) return undefined;
      const { who, from = 0, to, by, revisions } = delivery;
      if (by !== 'event') return to < from ? `${who} is at ${to} after ${from}, by a ${by}` : undefined;
      let before = from;
      for (const [at, revision] of revisions.entries()) {
        if (revision < before || (at === 0 && revision === before && from > 0))
          return `${who} was told of revision ${revision} after ${before}`;
        before = revision;
      }
      return undefined;
    },
};
