// Certificates as they are issued: X.509 that any tool can read, and no signature. Models pkg/controller/certificates/authority.
import { MINUTE, SECOND } from '../../lib/time.ts';
import { formatTime, parseTime } from '../../lib/time.ts';
import type { CertificateRequest } from './certificate-request.ts';
import { SUBJECT_ALTERNATIVE_NAME } from './certificate-request.ts';
import type { Der } from './der.ts';
import { der, derBits, DerError, derOid, partsOf, readDer, Tag, textOf } from './der.ts';
import type { Subject } from './name.ts';
import { nameOf, subjectOf } from './name.ts';
import { readPem, writePem } from './pem.ts';

export interface IssuedCertificate {
  readonly subject: Subject;
  readonly issuer: Subject;
  /** Micros since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface Issue {
  readonly request: CertificateRequest;
  readonly issuer: string;
  readonly usages: readonly string[];
  /** Micros since 1970. */
  readonly now: number;
  /** Micros that it is good for. */
  readonly duration: number;
  /** Hexadecimal. */
  readonly serial: string;
}

/** Clocks may differ: it is good from a little before it was asked for. */
const BACKDATE = 5 * MINUTE;
/** A certificate for less is not cut by that. */
const SHORT = 480 * MINUTE;

const SHA256_WITH_RSA = '1.2.840.113549.1.1.11';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const BASIC_CONSTRAINTS = '2.5.29.19';
const TRUE = der(Tag.boolean, [0xff]);

/** By their bit. */
const KEY_USAGES: Readonly<Record<string, number>> = {
  signing: 0,
  'digital signature': 0,
  'content commitment': 1,
  'key encipherment': 2,
  'data encipherment': 3,
  'key agreement': 4,
  'cert sign': 5,
  'crl sign': 6,
  'encipher only': 7,
  'decipher only': 8,
};

const PURPOSE = '1.3.6.1.5.5.7.3';
const EXTENDED_KEY_USAGES: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': `${PURPOSE}.1`,
  'client auth': `${PURPOSE}.2`,
  'code signing': `${PURPOSE}.3`,
  'email protection': `${PURPOSE}.4`,
  's/mime': `${PURPOSE}.4`,
  'ipsec end system': `${PURPOSE}.5`,
  'ipsec tunnel': `${PURPOSE}.6`,
  'ipsec user': `${PURPOSE}.7`,
  timestamping: `${PURPOSE}.8`,
  'ocsp signing': `${PURPOSE}.9`,
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

/** A PEM text. */
export function issueCertificate({ request, issuer, usages, now, duration, serial }: Issue): string {
  const notBefore = now - BACKDATE;
  const notAfter = duration < SHORT ? notBefore + duration : now + duration - BACKDATE;
  const algorithm = der(Tag.sequence, derOid(SHA256_WITH_RSA), [0x05, 0x00]);
  const content = der(
    Tag.sequence,
    der(0xa0, der(Tag.integer, [2])),
    der(Tag.integer, positive(serial)),
    algorithm,
    nameOf(issuer),
    der(Tag.sequence, derTime(notBefore), derTime(notAfter)),
    request.rawSubject,
    request.publicKey,
    der(0xa3, der(Tag.sequence, ...extensionsOf(request, usages))),
  );
  return writePem('CERTIFICATE', der(Tag.sequence, content, algorithm, der(Tag.bitString, [0])));
}

/** Bytes of a number, as few as say that it is not negative. */
function positive(hexadecimal: string): number[] {
  const bytes = (hexadecimal.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  const from = bytes.findIndex((byte) => byte > 0);
  const kept = from < 0 ? [] : bytes.slice(from);
  return (kept[0] ?? SIGN) >= SIGN ? [0, ...kept] : kept;
}

const SIGN = 0x80;

function extensionsOf(request: CertificateRequest, usages: readonly string[]): Uint8Array[] {
  const bits = usages.flatMap((usage) => KEY_USAGES[usage] ?? []);
  const purposes = [...new Set(usages.flatMap((usage) => EXTENDED_KEY_USAGES[usage] ?? []))];
  const names = request.rawAlternativeNames;
  return [
    ...(bits.length === 0 ? [] : [extension(KEY_USAGE, true, derBits(bits))]),
    ...(purposes.length === 0
      ? []
      : [extension(EXTENDED_KEY_USAGE, false, der(Tag.sequence, ...purposes.map(derOid)))]),
    extension(BASIC_CONSTRAINTS, true, der(Tag.sequence)),
    ...(names === undefined ? [] : [extension(SUBJECT_ALTERNATIVE_NAME, false, names)]),
  ];
}

function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return der(Tag.sequence, derOid(oid), ...(critical ? [TRUE] : []), der(Tag.octetString, value));
}

const UTC_UNTIL = '2050';

/** `YYMMDDhhmmssZ`, with four digits of the year from 2050. */
function derTime(time: number): Uint8Array {
  const digits = formatTime(time).replace(/[-:T]/g, '');
  return digits < UTC_UNTIL
    ? der(Tag.utcTime, new TextEncoder().encode(digits.slice(2)))
    : der(Tag.generalizedTime, new TextEncoder().encode(digits));
}

/** The first certificate of a PEM text. Throws DerError. */
export function parseCertificate(text: string): IssuedCertificate {
  const block = readPem(text);
  if (block?.type !== 'CERTIFICATE') throw new DerError('must contain at least one CERTIFICATE PEM block');
  const [content] = partsOf(readDer(block.bytes));
  const [version, ...rest] = content === undefined ? [] : partsOf(content);
  const [, , issuer, validity, subject] = version?.tag === 0xa0 ? rest : [version, ...rest];
  const [from, until] = validity === undefined ? [] : partsOf(validity);
  if (issuer === undefined || subject === undefined || from === undefined || until === undefined)
    throw new DerError('x509: malformed certificate');
  return {
    subject: subjectOf(subject),
    issuer: subjectOf(issuer),
    notBefore: timeOf(from),
    notAfter: timeOf(until),
  };
}

function timeOf(value: Der): number {
  const text = textOf(value);
  const digits = value.tag === Tag.utcTime ? `${text < '5' ? '20' : '19'}${text}` : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  const time = parts === null ? undefined : parseTime(`${parts.slice(1, 4).join('-')}T${parts.slice(4).join(':')}Z`);
  if (time === undefined) throw new DerError('x509: malformed validity date');
  return Math.floor(time / SECOND) * SECOND;
}
