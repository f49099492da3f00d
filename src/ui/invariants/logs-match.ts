import { lastIndex, termAt } from '../stores/fold-raft.ts';
import { hostOf } from '../stores/world.ts';
import type { Invariant } from './invariant.ts';

/** How far back two logs are compared after each append. */
const BACK = 40;

/** Raft, Log Matching. */
export const logsMatch: Invariant = {
  name: 'logs match',
  says: 'Two logs that hold an entry of the same index and term are the same up to it.',
  create: () => (world, event) => {
    if (event.kind !== 'note' || event.note.type !== 'raft.append') return undefined;
    const own = world.members.get(hostOf(event.source));
    if (own === undefined) return undefined;
    for (const other of world.members.values()) {
      if (other === own) continue;
      const last = Math.min(lastIndex(own), lastIndex(other));
      let agreed = false;
      for (let index = last; index > last - BACK; index--) {
        const a = termAt(own, index);
        const b = termAt(other, index);
        if (a === undefined || b === undefined) break;
        if (a === b) agreed = true;
        else if (agreed)
          return `index ${index}: term ${a} on ${own.host}, term ${b} on ${other.host}, though a later entry is the same`;
      }
    }
    return undefined;
  },
};
