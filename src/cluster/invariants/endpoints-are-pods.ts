import type { EndpointSlice, Pod } from '../../api/types.gen.ts';
import type { CommittedChange } from './commit.ts';
import type { Invariant } from './invariant.ts';

/** What a Service sends traffic to is a pod that has this address. It may be late, never wrong. */
export const endpointsArePods: Invariant = {
  name: 'endpoints are pods',
  says: 'Every ready endpoint carries the address of the pod that it names.',
  hears: ['commit'],
  create() {
    const pods = new Map<string, CommittedChange>();
    return (_event, { commit }) => {
      for (const change of commit?.changes ?? []) {
        const { key } = change;
        if (key.startsWith('/registry/pods/')) {
          if (change.deleted) pods.delete(key);
          else pods.set(key, change);
        }
        if (!key.startsWith('/registry/endpointslices/')) continue;
        const wrong = mismatch(change.object as EndpointSlice | undefined, pods);
        if (wrong !== undefined) return `${key}: ${wrong}`;
      }
      return undefined;
    };
  },
};

function mismatch(slice: EndpointSlice | undefined, pods: ReadonlyMap<string, CommittedChange>): string | undefined {
  for (const { targetRef, conditions, addresses } of slice?.endpoints ?? []) {
    if (targetRef?.kind !== 'Pod' || conditions?.ready !== true) continue;
    const key = `/registry/pods/${targetRef.namespace ?? ''}/${targetRef.name ?? ''}`;
    const pod = pods.get(key)?.object as Pod | undefined;
    // It was deleted while the endpoint was being written: late, not wrong.
    if (pod === undefined || pod.metadata.uid !== targetRef.uid) continue;
    const ip = pod.status?.podIP;
    if (ip !== undefined && ip !== addresses[0])
      return `${key} has the address ${ip}, the endpoint says ${addresses[0] ?? ''}`;
  }
  return undefined;
}
