import type { Invariant } from './invariant.ts';

const KEPT = 20_000;

/** A pod's identity: its uid runs on one machine only, whatever the API believes of that machine. */
export const oneMachinePerPod: Invariant = {
  name: 'one machine per pod',
  says: 'No pod runs on two machines with one identity.',
  create: () => {
    const places = new Map<string, string>();
    return (_world, event) => {
      if (event.kind !== 'note' || event.note.type !== 'container' || event.note.state !== 'running') return undefined;
      const { uid, node, pod } = event.note;
      const before = places.get(uid);
      if (before === undefined) {
        places.set(uid, node);
        if (places.size > KEPT) places.delete(places.keys().next().value ?? '');
        return undefined;
      }
      return before === node ? undefined : `${pod} (${uid}) runs on ${before} and on ${node}`;
    };
  },
};
