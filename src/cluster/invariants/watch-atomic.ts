import type { Invariant } from './invariant.ts';

export const watchAtomic: Invariant = {
  name: 'watch atomic',
  says: 'All changes of one revision of etcd reach a watch in one message.',
  hears: ['delivery'],
  create:
    () =>
    (_event, { delivery, history }) => {
      if (delivery?.atomic !== true || delivery.prefix === undefined) return undefined;
      const { who, prefix, revisions } = delivery;
      for (const revision of new Set(revisions)) {
        const all = history.between(prefix, revision - 1, revision);
        const told = revisions.filter((one) => one === revision).length;
        if (all !== undefined && all.length !== told)
          return `${who} was told of ${told} of the ${all.length} changes of revision ${revision}`;
      }
      return undefined;
    },
};
