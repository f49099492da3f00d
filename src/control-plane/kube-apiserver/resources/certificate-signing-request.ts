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
};

export function asSigningRequest(object: KubeObject): CertificateSigningRequest {
  return object as CertificateSigningRequest;
}
