import type { Invariant } from './invariant.ts';

/** The kubelet's promise: a container of a pod (by uid) is never running twice, not even on two nodes. */
export const oneContainerPerPod: Invariant = {
  name: 'no pod runs twice',
  says: 'No container of a pod runs twice at a time, on one node or on two.',
  create() {
    const running = new Map<string, { readonly id: string; readonly node: string }>();
    const forgetNode = (node: string) => {
      for (const [key, value] of running) if (value.node === node) running.delete(key);
    };
    return (event) => {
      if (event.kind === 'host' && event.state === 'off') forgetNode(event.host);
      if (event.kind !== 'note' || event.note.type !== 'container') return undefined;
      const { uid, container, id, node, state, pod } = event.note;
      const key = `${uid}/${container}`;
      const known = running.get(key);
      if (state === 'running') {
        running.set(key, { id, node });
        if (known !== undefined && known.id !== id)
          return `container ${container} of ${pod} runs on ${known.node} and again on ${node}`;
      } else if (known?.id === id) {
        running.delete(key);
      }
      return undefined;
    };
  },
};
