// Models plugin/pkg/admission/certificates/approval: approving needs the signer's leave, too.
import type { AdmissionPlugin } from './admission.ts';
import { CERTIFICATE_SIGNING_REQUEST } from '../../../api/kinds/index.ts';
import { forbidden, quote } from '../../../api/status.ts';
import { mayUseSigner } from '../auth/signers.ts';
import { asSigningRequest } from '../resources/certificate-signing-request.ts';

export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  validate(server, { kind, subresource, user, name }, _object, old) {
    if (kind !== CERTIFICATE_SIGNING_REQUEST || subresource !== 'approval' || old === undefined) return;
    const { signerName } = asSigningRequest(old).spec;
    if (mayUseSigner(server.authorizer, user, 'approve', signerName)) return;
    throw forbidden(kind, name, `user not permitted to approve requests with signerName ${quote(signerName)}`);
  },
};
