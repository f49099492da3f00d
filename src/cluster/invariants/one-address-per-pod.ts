import type { Invariant } from './invariant.ts';

/** Addresses handed out by the nodes: a pod's own is nobody else's while both live. */
export const oneAddressPerPod: Invariant = {
  name: 'one address per pod',
  says: 'Two living pods never have the same address, unless it is their machine’s own.',
  hears: ['host', 'pod.sandbox'],
  create() {
    const owners = new Map<string, { readonly uid: string; readonly node: string; readonly pod: string }>();
    const addresses = new Map<string, string>();
    return (event) => {
      if (event.kind === 'host' && event.state === 'off')
        for (const [ip, { node, uid }] of owners)
          if (node === event.host) {
            owners.delete(ip);
            addresses.delete(uid);
          }
      if (event.kind !== 'note' || event.note.type !== 'pod.sandbox') return undefined;
      const { uid, pod, node, state } = event.note;
      const ip = event.note.ip ?? addresses.get(uid) ?? '';
      if (!ip.startsWith('10.244.')) return undefined;
      const owner = owners.get(ip);
      if (state === 'gone') {
        if (owner?.uid === uid) owners.delete(ip);
        addresses.delete(uid);
        return undefined;
      }
      owners.set(ip, { uid, node, pod });
      addresses.set(uid, ip);
      return owner !== undefined && owner.uid !== uid
        ? `${ip} belongs to ${owner.pod} on ${owner.node} and to ${pod} on ${node}`
        : undefined;
    };
  },
};
