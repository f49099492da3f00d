import type { Invariant } from './invariant.ts';

/** What lets a client resume from a bookmark, and an API server answer from its cache at a revision. */
export const watchBookmarkable: Invariant = {
  name: 'watch bookmarkable',
  says: 'A bookmark names no revision beyond a change that was not told of before it.',
  hears: ['delivery'],
  create:
    () =>
    (_event, { delivery, history }) => {
      if (delivery === undefined || delivery.by !== 'bookmark') return undefined;
      const { who, prefix, from, to } = delivery;
      if (prefix === undefined || from === undefined) return undefined;
      const passed = history.between(prefix, from, to)?.[0];
      return passed === undefined ? undefined : `${who} got a bookmark at ${to} and was not told of revision ${passed}`;
    },
};
