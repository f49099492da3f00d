import type { Pod } from '../../api/types.gen.ts';
import type { Invariant } from './invariant.ts';

const KEPT = 20_000;

export const podStaysOnItsNode: Invariant = {
  name: 'bound once',
  says: 'A pod that was bound to a node is never bound to another.',
  hears: ['commit'],
  create() {
    const nodes = new Map<string, string>();
    return (_event, { commit }) => {
      for (const { key, object } of commit?.changes ?? []) {
        if (object === undefined || !key.startsWith('/registry/pods/')) continue;
        const pod = object as Pod;
        const node = pod.spec.nodeName ?? '';
        if (node === '') continue;
        const uid = pod.metadata.uid ?? key;
        const before = nodes.get(uid);
        if (before !== undefined && before !== node) return `${key} moved from ${before} to ${node}`;
        nodes.set(uid, node);
        if (nodes.size > KEPT) nodes.delete(nodes.keys().next().value ?? '');
      }
      return undefined;
    };
  },
};
