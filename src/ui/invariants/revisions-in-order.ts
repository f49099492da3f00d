import { hostOf } from '../stores/world.ts';
import type { Invariant } from './invariant.ts';

/** MVCC: a member's revisions grow, and what it applies grows with its log. */
export const revisionsInOrder: Invariant = {
  name: 'revisions in order',
  says: 'Every member applies its log in order and its revisions grow by one with each write.',
  create: () => {
    const last = new Map<string, { index: number; revision: number }>();
    return (_world, event) => {
      if (event.kind === 'process' && event.program === 'etcd') last.delete(hostOf(event.process));
      if (event.kind === 'note' && event.note.type === 'raft.snapshot') last.delete(hostOf(event.source));
      if (event.kind !== 'note' || event.note.type !== 'etcd.apply') return undefined;
      const host = hostOf(event.source);
      const { index, revision } = event.note;
      const before = last.get(host);
      last.set(host, { index, revision });
      if (before === undefined || (index > before.index && revision === before.revision + 1)) return undefined;
      return `${host} applied index ${index} as revision ${revision} after index ${before.index} as revision ${before.revision}`;
    };
  },
};
