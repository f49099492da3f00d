import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, parseTime } from '../../lib/time.ts';
import { parseRequest } from './certificate-request.ts';
import { checkSignature } from './check-signature.ts';
import { issueCertificate, parseCertificate } from './issued-certificate.ts';
import { der, derOid, readDer, Tag } from './der.ts';
import { readPem, writePem } from './pem.ts';
import { OTHER_KEYS, REQUESTS } from './requests.testing.ts';

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

describe('the signature of a request', () => {
  const { alice } = REQUESTS;
  const { rsa, rsaPss, p384, p521, ed25519, secp256k1 } = OTHER_KEYS;
  /** Somebody else's name under it. */
  const forged = (text: string): string => {
    const bytes = parseRequest(text).signed.content;
    const other = Uint8Array.from(bytes);
    other[new TextDecoder('latin1').decode(bytes).indexOf('alice')] = 'm'.charCodeAt(0);
    const whole = Uint8Array.from(readPem(text)?.bytes ?? []);
    whole.set(other, whole.length - readDer(whole).content.length);
    return writePem('CERTIFICATE REQUEST', whole);
  };
  const check = (text: string) => () => checkSignature(parseRequest(text).signed);

  it.each([
    ['P-256', alice, 'x509: ECDSA verification failure'],
    ['P-384', p384, 'x509: ECDSA verification failure'],
    ['P-521', p521, 'x509: ECDSA verification failure'],
    ['RSA', rsa, 'crypto/rsa: verification error'],
    ['RSA-PSS', rsaPss, 'crypto/rsa: verification error'],
    ['Ed25519', ed25519, 'x509: Ed25519 verification failure'],
  ])('%s holds for what was signed and for nothing else', (_kind, text, failure) => {
    expect(check(text)).not.toThrow();
    expect(check(forged(text))).toThrow(failure);
  });

  it('proves nothing by a curve that Go lacks, nor by a hash that is broken', () => {
    expect(check(secp256k1)).toThrow('x509: unsupported elliptic curve');
    const algorithm = readDer(der(Tag.sequence, derOid('1.2.840.113549.1.1.4')));
    expect(() => checkSignature({ ...parseRequest(rsa).signed, algorithm })).toThrow(
      'x509: cannot verify signature: insecure algorithm MD5-RSA',
    );
  });

  it('must be of the kind that the key is of', () => {
    const { signed } = parseRequest(alice);
    expect(() => checkSignature({ ...signed, algorithm: parseRequest(rsa).signed.algorithm })).toThrow(
      'x509: signature algorithm specifies an RSA public key, but have public key of type *ecdsa.PublicKey',
    );
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
