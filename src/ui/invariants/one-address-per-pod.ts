import type { Invariant } from './invariant.ts';

/** Addresses handed out by the nodes: a pod's own is nobody else's while both live. */
export const oneAddressPerPod: Invariant = {
  name: 'one address per pod',
  says: 'Two living pods never have the same address, unless it is their machine’s own.',
  create: () => {
    const owners = new Map<string, { uid: string; node: string; pod: string }>();
    return (world, event) => {
      if (event.kind !== 'note' || event.note.type !== 'pod.sandbox') return undefined;
      const { uid, pod, node, state } = event.note;
      const ip = event.note.ip ?? world.sandboxes.get(uid)?.ip;
      if (ip === undefined || ip === '' || !ip.startsWith('10.244.')) return undefined;
      const owner = owners.get(ip);
      if (state === 'gone') {
        if (owner?.uid === uid) owners.delete(ip);
        return undefined;
      }
      const alive = owner !== undefined && owner.uid !== uid && world.sandboxes.get(owner.uid)?.state === 'ready';
      owners.set(ip, { uid, node, pod });
      return alive ? `${ip} belongs to ${owner.pod} on ${owner.node} and to ${pod} on ${node}` : undefined;
    };
  },
};
