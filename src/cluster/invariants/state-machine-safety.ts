import { stableStringify } from '../../lib/json.ts';
import { fnv1a32 } from '../../lib/fnv.ts';
import type { Check, Invariant } from './invariant.ts';

const KEPT = 20_000;

/** Raft, figure 3: for the log (terms of committed entries) and for etcd's store (what applying them did). */
export const stateMachineSafety: Invariant = {
  name: 'state machine safety',
  says: 'What one member applies at an index, every member applies there.',
  create(): Check {
    const applied = new Map<number, { readonly digest: number; readonly member: string }>();
    return (event, logs) => {
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
        const digest = fnv1a32(stableStringify([note.revision, note.changes]));
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
