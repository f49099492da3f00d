import type { Pod } from '../../api/types.gen.ts';
import type { Invariant } from './invariant.ts';

export const podStaysOnItsNode: Invariant = {
  name: 'bound once',
  says: 'A pod that was bound to a node is never bound to another.',
  create() {
    const nodes = new Map<string, string>();
    return (event) => {
      if (event.kind !== 'note' || event.note.type !== 'etcd.apply') return undefined;
      for (const { key, value } of event.note.changes) {
        if (value === undefined || !key.startsWith('/registry/pods/')) continue;
        const pod: Pod = JSON.parse(value);
        const node = pod.spec.nodeName ?? '';
        if (node === '') continue;
        const uid = pod.metadata.uid ?? key;
        const before = nodes.get(uid);
        if (before !== undefined && before !== node) return `${key} moved from ${before} to ${node}`;
        nodes.set(uid, node);
        if (nodes.size > 20_000) nodes.delete(nodes.keys().next().value ?? '');
      }
      return undefined;
    };
  },
};
