import { isConditionTrue } from '../../api/conditions.ts';
import type { EndpointSlice, Pod } from '../../api/types.gen.ts';
import { SECOND, type Micros } from '../../sim/env.ts';
import { Calm } from './calm.ts';
import type { CommittedChange } from './commit.ts';
import type { Invariant } from './invariant.ts';

/** How long a ready endpoint may outlive its pod's readiness. */
const BOUND: Micros = 10 * SECOND;

export const endpointsAreReady: Invariant = {
  name: 'endpoints are ready',
  says: 'While nothing is broken, an EndpointSlice calls only pods ready that are Ready (within 10 s).',
  hears: ['fault', 'commit'],
  create() {
    const slices = new Map<string, readonly string[]>();
    const ready = new Map<string, string>();
    const calm = new Calm();
    const stale = new Map<string, Micros>();
    let looked: Micros = 0;
    const review = (at: Micros) => {
      const named = new Map([...slices].flatMap(([key, uids]) => uids.map((uid) => [uid, key] as const)));
      const living = new Set(ready.values());
      for (const uid of [...stale.keys()]) if (!named.has(uid) || living.has(uid)) stale.delete(uid);
      for (const uid of named.keys()) if (!living.has(uid) && !stale.has(uid)) stale.set(uid, at);
      const quiet = calm.since(at);
      if (quiet === undefined) return undefined;
      for (const [uid, since] of stale) {
        if (at - Math.max(since, quiet) <= BOUND) continue;
        stale.set(uid, at);
        return `${named.get(uid) ?? ''} has called pod ${uid} ready for ${Math.floor((at - since) / SECOND)} s, which it is not`;
      }
      return undefined;
    };
    return (event, { commit }) => {
      calm.fold(event);
      for (const change of commit?.changes ?? []) fold(change, slices, ready);
      if (event.at < looked + SECOND) return undefined;
      looked = event.at;
      return review(event.at);
    };
  },
};

function fold({ key, object }: CommittedChange, slices: Map<string, readonly string[]>, ready: Map<string, string>) {
  if (key.startsWith('/registry/endpointslices/')) {
    const endpoints = (object as EndpointSlice | undefined)?.endpoints ?? [];
    const uids = endpoints
      .filter(({ conditions, targetRef }) => conditions?.ready !== false && targetRef?.kind === 'Pod')
      .map(({ targetRef }) => targetRef?.uid ?? '');
    if (object === undefined) slices.delete(key);
    else slices.set(key, uids);
  }
  if (key.startsWith('/registry/pods/')) {
    const pod = object as Pod | undefined;
    const isReady = isConditionTrue(pod?.status?.conditions, 'Ready') && pod?.metadata.deletionTimestamp === undefined;
    if (isReady) ready.set(key, pod?.metadata.uid ?? '');
    else ready.delete(key);
  }
}
