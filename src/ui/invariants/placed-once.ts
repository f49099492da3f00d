import { objectOf, PREFIX } from '../stores/parse.ts';
import type { Invariant } from './invariant.ts';

const KEPT = 20_000;
const NODE_NAME = /"nodeName":"([^"]*)"/;

/** A binding is for life. */
export const placedOnce: Invariant = {
  name: 'placed once',
  says: 'The node that a pod is bound to never changes.',
  create: () => {
    const places = new Map<string, string>();
    return (world, event) => {
      if (event.kind !== 'note' || event.note.type !== 'etcd.apply' || event.note.revision !== world.revision)
        return undefined;
      for (const { key, value } of event.note.changes) {
        if (value === undefined || !key.startsWith(PREFIX.pods)) continue;
        const node = NODE_NAME.exec(value)?.[1];
        if (node === undefined) continue;
        const stored = world.objects.get(key);
        const uid = (stored === undefined ? undefined : objectOf(stored).metadata?.uid) ?? key;
        const before = places.get(uid);
        if (before !== undefined && before !== node) return `${key} was bound to ${before} and is now on ${node}`;
        places.set(uid, node);
        if (places.size > KEPT) places.delete(places.keys().next().value ?? '');
      }
      return undefined;
    };
  },
};
