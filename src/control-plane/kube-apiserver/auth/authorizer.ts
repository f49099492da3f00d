// `--authorization-mode`: asked in order, the first that allows decides.
import type { Kind } from '../../../api/kind.ts';
import type { Authorizer } from '../auth.ts';
import type { WatchCache } from '../storage/watch-cache.ts';
import { MASTERS } from '../auth.ts';
import { NodeAuthorizer } from './node.ts';
import type { Rbac } from './rbac.ts';

export type AuthorizationMode = 'AlwaysAllow' | 'AlwaysDeny' | 'Node' | 'RBAC';

export function createAuthorizer(
  modes: readonly AuthorizationMode[],
  rbac: Rbac,
  cacheOf: (kind: Kind) => WatchCache,
): Authorizer {
  const chain = modes.map((mode): Authorizer => {
    switch (mode) {
      case 'AlwaysAllow':
        return { authorize: () => ({ allowed: true }) };
      case 'AlwaysDeny':
        return { authorize: () => ({ allowed: false, reason: 'Everything is forbidden.' }) };
      case 'Node':
        return new NodeAuthorizer(cacheOf);
      case 'RBAC':
        return rbac;
    }
  });
  return {
    authorize(user, attributes) {
      if (user.groups.includes(MASTERS)) return { allowed: true };
      const reasons: string[] = [];
      for (const authorizer of chain) {
        const verdict = authorizer.authorize(user, attributes);
        if (verdict.allowed) return verdict;
        if (verdict.reason !== undefined) reasons.push(verdict.reason);
      }
      return reasons.length === 0 ? { allowed: false } : { allowed: false, reason: reasons.join('\n') };
    },
  };
}
