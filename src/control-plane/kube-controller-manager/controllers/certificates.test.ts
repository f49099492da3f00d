import { describe, expect, test } from 'vitest';
import { encodeBase64, decodeBase64 } from '../../../api/base64.ts';
import type { CertificateSigningRequest } from '../../../api/types.gen.ts';
import { parseCertificate } from '../../../api/x509/issued-certificate.ts';
import { REQUESTS } from '../../../api/x509/requests.testing.ts';
import { parseFlags } from '../../../lib/flags.ts';
import { formatTime, HOUR, MINUTE, parseTime } from '../../../lib/time.ts';
import type { Plan } from '../controller.ts';
import { fakeCache } from '../fake-cache.ts';
import { reconcileCleaner } from './certificatesigningrequest-cleaner-controller.ts';
import { reconcileSigning } from './certificatesigningrequest-signing-controller.ts';

const NOW = parseTime('2026-01-01T01:00:00Z') ?? 0;
const CLIENT = 'kubernetes.io/kube-apiserver-client';

function csr(
  request: keyof typeof REQUESTS,
  spec: Partial<CertificateSigningRequest['spec']>,
  status: CertificateSigningRequest['status'] = { conditions: [{ type: 'Approved', status: 'True' }] },
): CertificateSigningRequest {
  const encoded = encodeBase64(new TextEncoder().encode(REQUESTS[request]));
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'c', uid: 'aaaaaaaa-0000-4000-8000-000000000000', creationTimestamp: formatTime(NOW) },
    spec: { request: encoded, signerName: CLIENT, usages: ['client auth'], ...spec },
    status,
  };
}

function sign(object: CertificateSigningRequest, argv: readonly string[] = []): Plan {
  return reconcileSigning({
    key: 'c',
    object,
    cache: fakeCache(),
    memory: undefined,
    now: NOW,
    uptime: 0,
    flags: parseFlags(argv),
  });
}

function written(plan: Plan): CertificateSigningRequest['status'] {
  const [write] = plan.writes;
  return write?.do === 'update' ? (write.object as CertificateSigningRequest).status : undefined;
}

describe('the signer', () => {
  test.each([
    [undefined, [], 8760 * HOUR],
    [3600, [], HOUR],
    [600, [], 10 * MINUTE],
    [86_400, ['--cluster-signing-duration=1h'], HOUR],
  ])('of %s seconds with %j gives %d', (expirationSeconds, argv, lasts) => {
    const object = csr('alice', expirationSeconds === undefined ? {} : { expirationSeconds });
    const text = new TextDecoder().decode(decodeBase64(written(sign(object, argv))?.certificate ?? ''));
    const { subject, notBefore, notAfter } = parseCertificate(text);
    expect([subject.commonName, subject.organization]).toEqual(['alice', ['dev', 'ops']]);
    expect(notAfter - notBefore).toBe(lasts);
  });

  test.each([
    [csr('alice', {}, {}), 'pending'],
    [csr('alice', {}, { conditions: [{ type: 'Denied', status: 'True' }] }), 'denied'],
    [csr('alice', { signerName: 'example.com/own' }), 'of another signer'],
    [csr('alice', {}, { conditions: [{ type: 'Approved', status: 'True' }], certificate: 'eA==' }), 'issued'],
  ])('leaves alone what is %s', (object) => {
    expect(sign(object).writes).toEqual([]);
  });

  const KUBELET = 'kubernetes.io/kube-apiserver-client-kubelet';
  const SERVING = 'kubernetes.io/kubelet-serving';
  const [AUTH, SERVE] = [
    ['digital signature', 'client auth'],
    ['digital signature', 'key encipherment', 'server auth'],
  ];
  test.each([
    ['alice', CLIENT, ['server auth'], 'invalid usage for client certificate: server auth'],
    ['alice', CLIENT, ['digital signature'], 'missing required usage for client certificate: client auth'],
    ['alice', KUBELET, AUTH, 'subject organization is not system:nodes'],
    ['serving', KUBELET, AUTH, 'DNS subjectAltNames are not allowed'],
    ['node', KUBELET, ['client auth'], 'usages did not match [client auth digital signature key encipherment]'],
    ['node', KUBELET, AUTH, undefined],
    ['node', SERVING, SERVE, 'DNS or IP subjectAltName is required'],
    ['serving', SERVING, AUTH, 'usages did not match [digital signature key encipherment server auth]'],
    ['serving', SERVING, SERVE, undefined],
  ] as const)('says of %s for %s with %j: %s', (name, signerName, usages, fault) => {
    const status = written(sign(csr(name, { signerName, usages: usages ?? [] })));
    const failed = status?.conditions?.find(({ type }) => type === 'Failed');
    expect([failed?.reason, failed?.message]).toEqual(
      fault === undefined ? [undefined, undefined] : ['SignerValidationFailure', fault],
    );
    expect(status?.certificate === undefined).toBe(fault !== undefined);
  });
});

describe('the cleaner', () => {
  const at = (type: string, age: number): CertificateSigningRequest['status'] => ({
    conditions: [{ type, status: 'True', lastUpdateTime: formatTime(NOW - age) }],
  });
  const clean = (object: CertificateSigningRequest, now = NOW): number =>
    reconcileCleaner({
      key: '',
      object: undefined,
      cache: fakeCache(object),
      memory: undefined,
      now,
      uptime: 0,
      flags: parseFlags([]),
    }).writes.length;

  test('takes what was decided an hour ago, and what waited a day', () => {
    for (const type of ['Denied', 'Failed']) {
      expect(clean(csr('alice', {}, at(type, HOUR + MINUTE)))).toBe(1);
      expect(clean(csr('alice', {}, at(type, HOUR - MINUTE)))).toBe(0);
    }
    const issued = { ...at('Approved', HOUR + MINUTE), certificate: 'eA==' };
    expect(clean(csr('alice', {}, issued))).toBe(1);
    expect(clean(csr('alice', {}, at('Approved', HOUR + MINUTE)))).toBe(0);
    expect(clean(csr('alice', {}, {}), NOW + 24 * HOUR + MINUTE)).toBe(1);
    expect(clean(csr('alice', {}, {}), NOW + 23 * HOUR)).toBe(0);
  });

  test('takes a certificate that is over before that hour is', () => {
    const { certificate = '' } = written(sign(csr('alice', { expirationSeconds: 600 }))) ?? {};
    const issued = csr('alice', {}, { ...at('Approved', 0), certificate });
    expect(clean(issued, NOW + 4 * MINUTE)).toBe(0);
    expect(clean(issued, NOW + 6 * MINUTE)).toBe(1);
  });
});
