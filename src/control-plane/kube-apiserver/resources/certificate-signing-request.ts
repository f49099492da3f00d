// Models pkg/registry/certificates/certificates/strategy.go.
import type { CertificateSigningRequest, KubeObject } from '../../../api/types.gen.ts';
import type { Rules } from './rules.ts';
import { withMember } from '../storage/objects.ts';
import { DEFAULT_RULES } from './rules.ts';

export const signingRequestRules: Rules = {
  ...DEFAULT_RULES,
  /** Who asks is not his to say. */
  stamp(object, _now, { name, uid, groups, extra }) {
    const { username: _, uid: __, groups: ___, extra: ____, ...spec } = asSigningRequest(object).spec;
    return withMember(object, 'spec', {
      ...spec,
      username: name,
      groups,
      ...(uid === undefined ? {} : { uid }),
      ...(extra === undefined ? {} : { extra }),
    });
  },
  /** Whoever adds a condition need not say when. Models populateConditionTimestamps. */
  stampUpdate(next, current, now) {
    const { status } = asSigningRequest(next);
    if (status?.conditions === undefined) return next;
    const before = asSigningRequest(current).status?.conditions ?? [];
    const conditions = status.conditions.map((condition) => {
      const same = before.find(({ type, status }) => type === condition.type && status === condition.status);
      // A zero time is null on the wire.
      const lastUpdateTime = condition.lastUpdateTime ?? now;
      const lastTransitionTime = condition.lastTransitionTime ?? same?.lastTransitionTime ?? now;
      return { ...condition, lastUpdateTime, lastTransitionTime };
    });
    return withMember(next, 'status', { ...status, conditions });
  },
};

export function asSigningRequest(object: KubeObject): CertificateSigningRequest {
  return object as CertificateSigningRequest;
}
