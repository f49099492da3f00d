import type { Invariant } from './invariant.ts';

const KEPT = 20_000;

/** The kubelet's promise: a container of a pod (by uid) is never running twice, and a pod's containers run on one node only. */
export const oneContainerPerPod: Invariant = {
  name: 'no pod runs twice',
  says: 'No container of a pod runs twice at a time, and no pod runs on two nodes, not even one after the other.',
  hears: ['host', 'container'],
  create() {
    const running = new Map<string, { readonly id: string; readonly node: string }>();
    const places = new Map<string, string>();
    const forgetNode = (node: string) => {
      for (const [key, value] of running) if (value.node === node) running.delete(key);
    };
    return (event) => {
      if (event.kind === 'host' && event.state === 'off') forgetNode(event.host);
      if (event.kind !== 'note' || event.note.type !== 'container') return undefined;
      const { uid, container, id, node, state, pod } = event.note;
      const key = `${uid}/${container}`;
      const known = running.get(key);
      if (state !== 'running') {
        if (known?.id === id) running.delete(key);
        return undefined;
      }
      running.set(key, { id, node });
      const place = places.get(uid) ?? node;
      places.set(uid, place);
      if (places.size > KEPT) places.delete(places.keys().next().value ?? '');
      if (known !== undefined && known.id !== id)
        return `container ${container} of ${pod} runs on ${known.node} and again on ${node}`;
      return place === node ? undefined : `${pod} (${uid}) ran on ${place} and now on ${node}`;
    };
  },
};
