import { hostOf } from '../stores/world.ts';
import type { Invariant } from './invariant.ts';

const KEPT = 3_000;

/** State machines that apply the same log end up the same. */
export const sameWritesEverywhere: Invariant = {
  name: 'same writes everywhere',
  says: 'A log entry gives the same revision and touches the same keys on every member.',
  create: () => {
    const applied = new Map<number, string>();
    return (_world, event) => {
      if (event.kind !== 'note' || event.note.type !== 'etcd.apply') return undefined;
      const { index, revision, changes } = event.note;
      const said = `${revision} ${changes.map((change) => `${change.key}@${change.version}`).join(' ')}`;
      const before = applied.get(index);
      if (before === undefined) {
        applied.set(index, said);
        if (applied.size > KEPT) applied.delete(applied.keys().next().value ?? 0);
        return undefined;
      }
      return before === said ? undefined : `index ${index} is ${said} on ${hostOf(event.source)}, elsewhere ${before}`;
    };
  },
};
