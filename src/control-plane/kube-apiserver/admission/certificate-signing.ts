// Models plugin/pkg/admission/certificates/signing: who writes a certificate must be allowed to sign for that signer.
import type { AdmissionPlugin } from './admission.ts';
import { CERTIFICATE_SIGNING_REQUEST } from '../../../api/kinds/index.ts';
import { forbidden, quote } from '../../../api/status.ts';
import { deepEqual } from '../../../lib/json.ts';
import { mayUseSigner } from '../auth/signers.ts';
import { asSigningRequest } from '../resources/certificate-signing-request.ts';

export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  validate(server, { kind, subresource, user, name }, object, old) {
    if (kind !== CERTIFICATE_SIGNING_REQUEST || subresource !== 'status') return;
    if (object === undefined || old === undefined) return;
    const [before, after] = [asSigningRequest(old), asSigningRequest(object)];
    const { certificate, conditions } = after.status ?? {};
    if (certificate === before.status?.certificate && deepEqual(conditions, before.status?.conditions)) return;
    const { signerName } = before.spec;
    if (mayUseSigner(server.authorizer, user, 'sign', signerName)) return;
    throw forbidden(kind, name, `user not permitted to sign requests with signerName ${quote(signerName)}`);
  },
};
