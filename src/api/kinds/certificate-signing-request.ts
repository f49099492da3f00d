import { defineKind, statusOf } from '../kind.ts';

export const CERTIFICATE_SIGNING_REQUEST = defineKind({
  group: 'certificates.k8s.io',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  namespaced: false,
  nameRule: 'path-segment',
  subresources: [
    { name: 'approval', kind: 'CertificateSigningRequest', verbs: ['get', 'patch', 'update'] },
    statusOf('CertificateSigningRequest'),
  ],
  storagePrefix: '/registry/certificatesigningrequests/',
  storageVersionHash: '95fRKMXA+00=',
  selectableFields: ['spec.signerName'],
});
