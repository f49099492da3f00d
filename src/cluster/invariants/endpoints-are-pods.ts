import type { EndpointSlice, Pod } from '../../api/types.gen.ts';
import type { CommittedChange } from './commit.ts';
import type { Invariant } from './invariant.ts';
import { LaggingWatches } from './lagging-watches.ts';

/** What a Service sends traffic to is a pod that has this address. It may be late, never wrong. */
export const endpointsArePods: Invariant = {
  name: 'endpoints are pods',
  says: 'Every ready endpoint carries the address of the pod that it names (or had, if the controller’s watch lags).',
  hears: ['commit', 'lease', 'belief'],
  create() {
    const pods = new Map<string, CommittedChange>();
    /** Every address that a pod has had, by uid. */
    const had = new Map<string, ReadonlySet<string>>();
    const lagging = new LaggingWatches(['pods']);
    return (event, { commit }) => {
      lagging.fold(event, commit);
      for (const change of commit?.changes ?? []) {
        const { key } = change;
        if (key.startsWith('/registry/pods/')) {
          const before = pods.get(key)?.object?.metadata.uid ?? '';
          if (change.deleted) {
            pods.delete(key);
            had.delete(before);
          } else {
            pods.set(key, change);
            remember(had, change.object as Pod);
          }
        }
        if (!key.startsWith('/registry/endpointslices/')) continue;
        const late = (uid: string, address: string): boolean =>
          had.get(uid)?.has(address) === true && lagging.lagging(event.at);
        const wrong = mismatch(change.object as EndpointSlice | undefined, pods, late);
        if (wrong !== undefined) return `${key}: ${wrong}`;
      }
      return undefined;
    };
  },
};

function remember(had: Map<string, ReadonlySet<string>>, { metadata, status }: Pod): void {
  const { uid = '' } = metadata;
  if (status?.podIP !== undefined) had.set(uid, new Set([...(had.get(uid) ?? []), status.podIP]));
}

function mismatch(
  slice: EndpointSlice | undefined,
  pods: ReadonlyMap<string, CommittedChange>,
  isLate: (uid: string, address: string) => boolean,
): string | undefined {
  for (const { targetRef, conditions, addresses } of slice?.endpoints ?? []) {
    if (targetRef?.kind !== 'Pod' || conditions?.ready !== true) continue;
    const key = `/registry/pods/${targetRef.namespace ?? ''}/${targetRef.name ?? ''}`;
    const pod = pods.get(key)?.object as Pod | undefined;
    // It was deleted while the endpoint was being written: late, not wrong.
    if (pod === undefined || pod.metadata.uid !== targetRef.uid) continue;
    const ip = pod.status?.podIP;
    const [address = ''] = addresses;
    if (ip !== undefined && ip !== address && !isLate(targetRef.uid ?? '', address))
      return `${key} has the address ${ip}, the endpoint says ${address}`;
  }
  return undefined;
}
