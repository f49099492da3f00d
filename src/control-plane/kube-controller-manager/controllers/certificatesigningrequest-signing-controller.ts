// Models pkg/controller/certificates/signer: what was approved is issued, by the signer that it names.
import { decodeBase64, encodeBase64 } from '../../../api/base64.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../../api/types.gen.ts';
import type { CertificateRequest } from '../../../api/x509/certificate-request.ts';
import { parseRequest } from '../../../api/x509/certificate-request.ts';
import { issueCertificate } from '../../../api/x509/issued-certificate.ts';
import { CertificateSigningRequests } from '../../../client/resources.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { formatTime, HOUR, MINUTE, SECOND } from '../../../lib/time.ts';
import type { Flags } from '../../../lib/flags.ts';
import type { Micros } from '../../../sim/env.ts';
import { NOTHING, updateStatus } from '../controller.ts';
import type { Plan, Request } from '../controller.ts';
import { clientUsageFault, kubeletClientFault, kubeletServingFault } from '../kubelet-certificates.ts';
import { controller } from '../run-controller.ts';

/** What kubeadm calls its authority. */
const AUTHORITY = 'kubernetes';
const LONGEST: Micros = 8760 * HOUR;
const SHORTEST: Micros = 10 * MINUTE;

/** What keeps each signer from issuing; undefined: nothing does. */
const SIGNERS: Readonly<
  Record<string, (request: CertificateRequest, usages: readonly string[]) => string | undefined>
> = {
  'kubernetes.io/kube-apiserver-client': (_request, usages) => clientUsageFault(usages),
  'kubernetes.io/kube-apiserver-client-kubelet': kubeletClientFault,
  'kubernetes.io/kubelet-serving': kubeletServingFault,
  'kubernetes.io/legacy-unknown': () => undefined,
};

export const certificateSigningRequestSigningController = controller({
  name: 'certificatesigningrequest-signing-controller',
  reconciles: CertificateSigningRequests,
  reconcile: reconcileSigning,
});

export function reconcileSigning({ object: csr, flags, now }: Request<CertificateSigningRequest, undefined>): Plan {
  if (csr === undefined) return NOTHING;
  const { spec, status = {} } = csr;
  const has = (type: string): boolean => (status.conditions ?? []).some((condition) => condition.type === type);
  if (!has('Approved') || has('Denied') || has('Failed') || (status.certificate ?? '') !== '') return NOTHING;
  const faultOf = SIGNERS[spec.signerName];
  if (faultOf === undefined) return NOTHING;
  const request = parseRequest(new TextDecoder().decode(decodeBase64(spec.request)));
  const fault = faultOf(request, spec.usages ?? []);
  if (fault !== undefined) {
    const conditions = [...(status.conditions ?? []), failed(fault, now)];
    return { writes: [updateStatus(CertificateSigningRequests, { ...csr, status: { ...status, conditions } })] };
  }
  const certificate = issueCertificate({
    request,
    issuer: AUTHORITY,
    usages: spec.usages ?? [],
    now,
    duration: durationOf(spec.expirationSeconds, flags),
    serial: (csr.metadata.uid ?? '').replaceAll('-', ''),
  });
  const encoded = encodeBase64(new TextEncoder().encode(certificate));
  return {
    writes: [updateStatus(CertificateSigningRequests, { ...csr, status: { ...status, certificate: encoded } })],
  };
}

function failed(message: string, now: Micros): CertificateSigningRequestCondition {
  return {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message,
    lastUpdateTime: formatTime(now),
  };
}

function durationOf(seconds: number | undefined, flags: Flags): Micros {
  const given = flags.get('cluster-signing-duration');
  const longest = given === undefined ? LONGEST : parseDuration(given);
  return seconds === undefined ? longest : Math.min(longest, Math.max(SHORTEST, seconds * SECOND));
}
