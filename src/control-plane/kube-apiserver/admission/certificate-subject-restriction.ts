// Models plugin/pkg/admission/certificates/subjectrestriction: nobody becomes a master by a certificate that he asks for.
import type { AdmissionPlugin } from './admission.ts';
import { decodeBase64 } from '../../../api/base64.ts';
import { CERTIFICATE_SIGNING_REQUEST } from '../../../api/kinds/index.ts';
import { forbidden } from '../../../api/status.ts';
import { parseRequest } from '../../../api/x509/certificate-request.ts';
import { MASTERS } from '../auth.ts';
import { asSigningRequest } from '../resources/certificate-signing-request.ts';

const SIGNER = 'kubernetes.io/kube-apiserver-client';

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  validate(_server, { operation, kind, subresource, name }, object) {
    if (operation !== 'CREATE' || kind !== CERTIFICATE_SIGNING_REQUEST || subresource !== '') return;
    if (object === undefined) return;
    const { signerName, request } = asSigningRequest(object).spec;
    if (signerName !== SIGNER) return;
    const { subject } = parseRequest(new TextDecoder().decode(decodeBase64(request)));
    if (subject.organization.includes(MASTERS))
      throw forbidden(kind, name, `use of ${SIGNER} signer with ${MASTERS} group is not allowed`);
  },
};
