import type { Invariant } from './invariant.ts';

export const revisionsInOrder: Invariant = {
  name: 'revisions in order',
  says: 'A member of etcd applies revisions one after the other, none twice, none left out.',
  create() {
    const last = new Map<string, number>();
    return (event) => {
      if (event.kind === 'process' && event.state === 'exited') last.delete(event.process);
      if (event.kind !== 'note') return undefined;
      if (event.note.type === 'raft.snapshot') last.delete(event.source);
      if (event.note.type !== 'etcd.apply' || event.note.changes.length === 0) return undefined;
      const { revision, member } = event.note;
      const before = last.get(event.source);
      last.set(event.source, revision);
      return before !== undefined && revision !== before + 1
        ? `${member} applied revision ${revision} after ${before}`
        : undefined;
    };
  },
};
