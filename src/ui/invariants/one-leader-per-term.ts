import { hostOf } from '../stores/world.ts';
import type { Invariant } from './invariant.ts';

/** Raft, Election Safety. */
export const oneLeaderPerTerm: Invariant = {
  name: 'one leader per term',
  says: 'No two etcd members lead in the same term.',
  create: () => {
    const leaders = new Map<number, string>();
    return (_world, event) => {
      if (event.kind !== 'note' || event.note.type !== 'raft.role' || event.note.role !== 'leader') return undefined;
      const host = hostOf(event.source);
      const before = leaders.get(event.note.term);
      leaders.set(event.note.term, host);
      return before !== undefined && before !== host
        ? `${before} and ${host} both led in term ${event.note.term}`
        : undefined;
    };
  },
};
