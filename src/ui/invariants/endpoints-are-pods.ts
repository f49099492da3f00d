import { objectOf, PREFIX, readAs } from '../stores/parse.ts';
import type { World } from '../stores/world.ts';
import type { Invariant } from './invariant.ts';

/** What a Service sends traffic to is a pod that has this address. It may be late, never wrong. */
export const endpointsArePods: Invariant = {
  name: 'endpoints are pods',
  says: 'Every ready endpoint carries the address of the pod that it names.',
  create: () => (world, event) => {
    if (event.kind !== 'note' || event.note.type !== 'etcd.apply' || event.note.revision !== world.revision)
      return undefined;
    for (const { key } of event.note.changes) {
      const stored = key.startsWith(PREFIX.endpointslices) ? world.objects.get(key) : undefined;
      if (stored === undefined) continue;
      for (const endpoint of readAs('endpointslices', stored).endpoints ?? []) {
        const target = endpoint.targetRef;
        if (target?.kind !== 'Pod' || endpoint.conditions?.ready !== true) continue;
        const wrong = mismatch(
          world,
          `${PREFIX.pods}${target.namespace ?? ''}/${target.name ?? ''}`,
          target.uid,
          endpoint.addresses[0],
        );
        if (wrong !== undefined) return `${key}: ${wrong}`;
      }
    }
    return undefined;
  },
};

function mismatch(world: World, key: string, uid: string | undefined, address: string | undefined): string | undefined {
  const stored = world.objects.get(key);
  // It was deleted while the endpoint was being written: late, not wrong.
  if (stored === undefined || objectOf(stored).metadata?.uid !== uid) return undefined;
  const ip = readAs('pods', stored).status?.podIP;
  return ip === undefined || ip === address
    ? undefined
    : `${key} has the address ${ip}, the endpoint says ${address ?? ''}`;
}
