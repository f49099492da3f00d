// What certificates of kubelets and of clients must look like. Models pkg/apis/certificates/helpers.go.
import type { CertificateRequest } from '../../api/x509/certificate-request.ts';

const CLIENT = ['client auth', 'digital signature', 'key encipherment'];
const SERVING = ['digital signature', 'key encipherment', 'server auth'];
/** Keys other than RSA's do without. */
const RSA_ONLY = 'key encipherment';

/** Why it is not a kubelet's to call the API with; undefined: it is. */
export function kubeletClientFault(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes';
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  return nameFault(request) ?? usagesFault(usages, CLIENT);
}

/** Why it is not a kubelet's to be called with; undefined: it is. */
export function kubeletServingFault(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes';
  if (request.dnsNames.length + request.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required';
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  return usagesFault(usages, SERVING) ?? nameFault(request);
}

/** Models validAPIServerClientUsages. */
export function clientUsageFault(usages: readonly string[]): string | undefined {
  const other = usages.find((usage) => !CLIENT.includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

function isOfNodes({ subject }: CertificateRequest): boolean {
  return subject.organization.length === 1 && subject.organization[0] === 'system:nodes';
}

function nameFault({ subject }: CertificateRequest): string | undefined {
  return subject.commonName.startsWith('system:node:')
    ? undefined
    : 'subject common name does not begin with system:node:';
}

function usagesFault(usages: readonly string[], wanted: readonly string[]): string | undefined {
  const asked = new Set(usages);
  const without = wanted.filter((usage) => usage !== RSA_ONLY);
  for (const set of [wanted, without]) {
    if (set.length === asked.size && set.every((usage) => asked.has(usage))) return undefined;
  }
  return `usages did not match [${wanted.join(' ')}]`;
}
