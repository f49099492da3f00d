// Models pkg/certauthorization.
import type { Attributes, Authorizer, User } from '../auth.ts';

/** By name, or all that belong to the signer's domain: `kubernetes.io/*`. */
export function mayUseSigner(authorizer: Authorizer, user: User, verb: 'approve' | 'sign', signer: string): boolean {
  const allowed = (name: string): boolean => authorizer.authorize(user, attributesOf(verb, name)).allowed;
  return allowed(signer) || allowed(`${signer.split('/')[0] ?? ''}/*`);
}

function attributesOf(verb: string, name: string): Attributes {
  return {
    isResourceRequest: true,
    path: '',
    verb,
    group: 'certificates.k8s.io',
    namespace: '',
    resource: 'signers',
    subresource: '',
    name,
  };
}
