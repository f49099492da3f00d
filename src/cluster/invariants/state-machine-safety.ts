import type { EtcdChange } from '../../sim/trace.ts';
import type { Check, Invariant } from './invariant.ts';

const KEPT = 5_000;

/** Raft, figure 3: for the log (terms of committed entries) and for etcd's store (what applying them did). */
export const stateMachineSafety: Invariant = {
  name: 'state machine safety',
  says: 'What one member applies at an index, every member applies there.',
  hears: ['raft.commit', 'etcd.apply'],
  create(): Check {
    const applied = new Map<number, { readonly digest: number; readonly member: string }>();
    return (event, { logs }) => {
      if (event.kind !== 'note') return undefined;
      const { note } = event;
      if (note.type === 'raft.commit') {
        const log = logs.members.get(note.member);
        if (log === undefined) return undefined;
        for (let index = Math.max(log.commit, log.compacted) + 1; index <= note.index; index++) {
          const mine = log.terms.get(index);
          const known = logs.committed.get(index);
          if (mine !== undefined && known !== undefined && mine !== known)
            return `${note.member} committed index ${index} with term ${mine}, another member with term ${known}`;
        }
      } else if (note.type === 'etcd.apply') {
        const digest = digestOf(note.revision, note.changes);
        const known = applied.get(note.index);
        if (known === undefined) {
          applied.set(note.index, { digest, member: note.member });
          applied.delete(note.index - KEPT);
        } else if (known.digest !== digest) {
          return `${note.member} and ${known.member} applied different changes at index ${note.index}`;
        }
      }
      return undefined;
    };
  },
};

function digestOf(revision: number, changes: readonly EtcdChange[]): number {
  let digest = revision;
  for (const { key, value, createRevision, version } of changes)
    digest = mixed(mixed(mixed(digest, key), `${createRevision} ${version}`), value ?? '');
  return digest;
}

/** FNV-1a over UTF-16 units: every revision of every member is digested. */
function mixed(digest: number, text: string): number {
  let mix = digest ^ text.length;
  for (let i = 0; i < text.length; i++) mix = Math.imul(mix ^ text.charCodeAt(i), 0x01000193);
  return mix;
}
