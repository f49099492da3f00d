import type { Invariant } from './invariant.ts';

/** MVCC: a member's revisions grow with its log, and a key's version with each change of it. */
export const revisionsInOrder: Invariant = {
  name: 'revisions in order',
  says: 'A member of etcd applies revisions one after the other, none twice, none left out; each change of a key counts its version up.',
  hears: ['process', 'raft.snapshot', 'etcd.apply'],
  create() {
    const last = new Map<string, { readonly index: number; readonly revision: number }>();
    const versions = new Map<string, { readonly created: number; readonly version: number }>();
    return (event, { commit }) => {
      if (event.kind === 'process' && event.state === 'exited') last.delete(event.process);
      if (event.kind !== 'note') return undefined;
      const { note } = event;
      if (note.type === 'raft.snapshot') last.delete(event.source);
      if (note.type !== 'etcd.apply' || note.changes.length === 0) return undefined;
      const { revision, index, member } = note;
      const before = last.get(event.source);
      last.set(event.source, { index, revision });
      if (before !== undefined && (revision !== before.revision + 1 || index <= before.index))
        return `${member} applied index ${index} as revision ${revision}, after index ${before.index} as ${before.revision}`;
      if (commit === undefined) return undefined;
      for (const { key, value, version, createRevision } of note.changes) {
        const known = versions.get(key);
        if (value === undefined) {
          versions.delete(key);
          continue;
        }
        versions.set(key, { created: createRevision, version });
        // A key that was there before the first record is taken as it is.
        const created = known?.created ?? (version === 1 ? revision : createRevision);
        const next = known === undefined ? version : known.version + 1;
        if (createRevision !== created || version !== next)
          return `revision ${revision} made ${key} version ${version}, created at ${createRevision}: expected ${next}, ${created}`;
      }
      return undefined;
    };
  },
};
