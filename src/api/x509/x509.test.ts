import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, parseTime } from '../../lib/time.ts';
import { parseRequest } from './certificate-request.ts';
import { issueCertificate, parseCertificate } from './issued-certificate.ts';
import { writePem } from './pem.ts';
import { REQUESTS } from './requests.testing.ts';

const NOW = parseTime('2026-11-29T10:00:00Z') ?? 0;

describe('a certificate request', () => {
  it('says for whom it is', () => {
    const { subject, dnsNames } = parseRequest(REQUESTS.alice);
    expect([subject.commonName, subject.organization, dnsNames]).toEqual(['alice', ['dev', 'ops'], []]);
    const serving = parseRequest(REQUESTS.serving);
    expect([serving.dnsNames, serving.ipAddresses]).toEqual([['worker-1'], ['10.0.0.21']]);
  });

  it.each([
    ['', 'PEM block type must be CERTIFICATE REQUEST'],
    [writePem('CERTIFICATE', Uint8Array.from([48, 0])), 'PEM block type must be CERTIFICATE REQUEST'],
    [writePem('CERTIFICATE REQUEST', Uint8Array.from([48, 3, 1])), 'asn1: syntax error: data truncated'],
    [writePem('CERTIFICATE REQUEST', Uint8Array.from([48, 0, 0])), 'asn1: syntax error: trailing data'],
  ])('%j is none', (text, problem) => {
    expect(() => parseRequest(text)).toThrow(problem);
  });
});

describe('a certificate', () => {
  const issued = (duration: number, name: keyof typeof REQUESTS = 'alice'): string =>
    issueCertificate({
      request: parseRequest(REQUESTS[name]),
      issuer: 'kubernetes',
      usages: ['client auth', 'digital signature'],
      now: NOW,
      duration,
      serial: '0a0b',
    });

  it('is for whom it was asked, from the authority, for as long', () => {
    const { subject, issuer, notBefore, notAfter } = parseCertificate(issued(24 * HOUR));
    expect([subject.commonName, subject.organization, issuer.commonName]).toEqual([
      'alice',
      ['dev', 'ops'],
      'kubernetes',
    ]);
    expect(notBefore).toBe(NOW - 5 * MINUTE);
    expect(notAfter).toBe(NOW + 24 * HOUR - 5 * MINUTE);
  });

  it('outlives the year 2050', () => {
    expect(parseCertificate(issued(8760 * 30 * HOUR)).notAfter).toBe(NOW + 8760 * 30 * HOUR - 5 * MINUTE);
  });
});
