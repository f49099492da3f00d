// What a certificate signing request asks for. Models pkg/apis/certificates/helpers.go and x509.ParseCertificateRequest.
import type { Signed } from './check-signature.ts';
import type { Der } from './der.ts';
import { DerError, oidOf, partsOf, readDer, Tag } from './der.ts';
import type { AlternativeNames, Subject } from './name.ts';
import { alternativeNamesOf, subjectOf } from './name.ts';
import { readPem } from './pem.ts';

export interface CertificateRequest extends AlternativeNames {
  readonly subject: Subject;
  /** As it stands in the request, to be copied. */
  readonly rawSubject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly rawAlternativeNames: Uint8Array | undefined;
  /** To be checked by whoever relies on it. */
  readonly signed: Signed;
}

const TYPE = 'CERTIFICATE REQUEST';
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
export const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const ATTRIBUTES = 0xa0;

/** Reads a PEM text. Throws DerError: in Go's words, why it is none. */
export function parseRequest(text: string): CertificateRequest {
  const block = readPem(text);
  if (block?.type !== TYPE) throw new DerError('PEM block type must be CERTIFICATE REQUEST');
  const whole = sequence(readDer(block.bytes), 'certificateRequest');
  if (whole.raw.length < block.bytes.length) throw new DerError('asn1: syntax error: trailing data');
  const [info, algorithm, signature] = partsOf(whole);
  if (info === undefined || algorithm === undefined || signature === undefined) throw truncated();
  const [, name, publicKey, ...rest] = partsOf(sequence(info, 'tbsCertificateRequest'));
  if (name === undefined || publicKey === undefined) throw truncated();
  const names = rest.filter(({ tag }) => tag === ATTRIBUTES).map(alternativeNamesIn)[0];
  return {
    subject: subjectOf(sequence(name, 'RawValue')),
    rawSubject: name.raw,
    publicKey: publicKey.raw,
    rawAlternativeNames: names?.raw,
    ...alternativeNamesOf(names),
    signed: { content: info.raw, algorithm, signature: signature.content.subarray(1), publicKey },
  };
}

function sequence(value: Der, name: string): Der {
  if (value.tag === Tag.sequence) return value;
  const { tag, content } = value;
  const found = `{class:${tag >> 6} tag:${tag & 0x1f} length:${content.length} isCompound:${(tag & 0x20) !== 0}}`;
  throw new DerError(
    `asn1: structure error: tags don't match (16 vs ${found}) {optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} ${name} @2`,
  );
}

function truncated(): DerError {
  return new DerError('asn1: syntax error: sequence truncated');
}

function alternativeNamesIn(attributes: Der): Der | undefined {
  for (const attribute of partsOf(attributes)) {
    const [type, values] = partsOf(attribute);
    if (type === undefined || values === undefined || oidOf(type) !== EXTENSION_REQUEST) continue;
    for (const extension of partsOf(values).flatMap(partsOf)) {
      const parts = partsOf(extension);
      const value = parts.at(-1);
      if (parts[0] !== undefined && value !== undefined && oidOf(parts[0]) === SUBJECT_ALTERNATIVE_NAME)
        return readDer(value.content);
    }
  }
  return undefined;
}
