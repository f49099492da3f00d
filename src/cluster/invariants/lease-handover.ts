import type { Lease } from '../../api/types.gen.ts';
import { SECOND, type Micros } from '../../sim/env.ts';
import type { Invariant } from './invariant.ts';

/** Models client-go/tools/leaderelection: a candidate waits a whole lease duration after the last renewal that it has seen. */
export const leaseHandover: Invariant = {
  name: 'lease handover',
  says: 'A lease for leading changes hands only when it was given up or has not been renewed for its whole duration.',
  hears: ['commit'],
  create() {
    const renewed = new Map<string, { readonly holder: string; readonly at: Micros; readonly duration: Micros }>();
    return (event, { commit }) => {
      for (const { key, object } of commit?.changes ?? []) {
        if (!key.startsWith('/registry/leases/kube-system/kube-') || object === undefined) continue;
        const { spec } = object as Lease;
        const before = renewed.get(key);
        const holder = spec.holderIdentity ?? '';
        const duration = (spec.leaseDurationSeconds ?? 0) * SECOND;
        renewed.set(key, { holder, at: event.at, duration });
        if (before === undefined || before.holder === '' || holder === '' || before.holder === holder) continue;
        const waited = event.at - before.at;
        if (waited < before.duration)
          return `${holder} took ${key} ${waited / SECOND} s after ${before.holder} had renewed it for ${before.duration / SECOND} s`;
      }
      return undefined;
    };
  },
};
