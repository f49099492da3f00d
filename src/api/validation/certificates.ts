// Models pkg/apis/certificates/validation.
import { decodeBase64 } from '../base64.ts';
import { CERTIFICATE_SIGNING_REQUEST } from '../kinds/certificate-signing-request.ts';
import { dns1123Subdomain } from '../names.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, duplicate, forbiddenField, invalid, notSupported, required } from './field.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './metadata.ts';
import { quote } from '../status.ts';
import { parseRequest } from '../x509/certificate-request.ts';
import { checkSignature } from '../x509/check-signature.ts';
import { DerError, readDer } from '../x509/der.ts';
import { readPem } from '../x509/pem.ts';

const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const MIN_SECONDS = 600;
const LEGACY_UNKNOWN = 'kubernetes.io/legacy-unknown';
const VERDICTS = ['Approved', 'Denied'];
const FINAL = [...VERDICTS, 'Failed'];

/** What an update may do by the way it comes, and what is let be because it is so already. Models certificateValidationOptions. */
interface Allowed {
  readonly old?: CertificateSigningRequest;
  readonly approval?: boolean;
  readonly certificate?: boolean;
}

export function validateSigningRequest(request: CertificateSigningRequest): FieldErrors {
  return check(request, {});
}

function check(request: CertificateSigningRequest, { old }: Allowed): FieldErrors {
  const errors = validateObjectMeta(CERTIFICATE_SIGNING_REQUEST, request);
  const { spec } = request;
  const problem = problemOf(() => checkSignature(parseRequest(textOfBytes(spec.request)).signed));
  if (problem !== undefined) errors.push(invalid('spec.request', spec.request ?? '', problem));
  const usages = spec.usages ?? [];
  if (usages.length === 0) errors.push(required('spec.usages'));
  usages.forEach((usage, i) => {
    if (!USAGES.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, USAGES));
  });
  usages.forEach((usage, i) => {
    if (usages.indexOf(usage) < i) errors.push(duplicate(`spec.usages[${i}]`, usage));
  });
  errors.push(...validateSignerName(spec.signerName ?? '', old));
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < MIN_SECONDS)
    errors.push(
      invalid(
        'spec.expirationSeconds',
        spec.expirationSeconds,
        `may not specify a duration less than ${MIN_SECONDS} seconds (10 minutes)`,
      ),
    );
  errors.push(...validateConditions(request.status?.conditions ?? [], old));
  const certificate = request.status?.certificate ?? '';
  if (certificate !== (old?.status?.certificate ?? '')) {
    const fault = problemOf(() => checkCertificate(textOfBytes(certificate)));
    if (fault !== undefined) errors.push(invalid('status.certificate', '<certificate data>', fault));
  }
  return errors;
}

function textOfBytes(base64: string | undefined): string {
  return new TextDecoder().decode(decodeBase64(base64 ?? ''));
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

/** Throws DerError. */
function checkCertificate(text: string): void {
  if (text === '') return;
  let count = 0;
  for (let block = readPem(text); block !== undefined; block = readPem(block.rest)) {
    const { type, hasHeaders, bytes } = block;
    if (type !== 'CERTIFICATE') throw new DerError(`only CERTIFICATE PEM blocks are allowed, found ${quote(type)}`);
    if (hasHeaders) throw new DerError('no PEM block headers are permitted');
    if (bytes.length === 0) throw new DerError('found CERTIFICATE PEM block containing 0 certificates');
    readDer(bytes);
    count++;
  }
  if (count === 0) throw new DerError('must contain at least one CERTIFICATE PEM block');
}

function validateSignerName(name: string, old: CertificateSigningRequest | undefined): FieldErrors {
  const field = 'spec.signerName';
  if (name === LEGACY_UNKNOWN && old?.spec.signerName !== name)
    return [invalid(field, name, 'the legacy signerName is not allowed via this API version')];
  if (name === '') return [required(field)];
  const [domain = '', path, ...more] = name.split('/');
  if (path === undefined || more.length > 0)
    return [invalid(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const errors = complaints(field, domain, dns1123Subdomain(domain));
  if (!domain.includes('.'))
    errors.push(invalid(field, domain, 'should be a domain with at least two segments separated by dots'));
  if (path === '') errors.push(required(field));
  return errors;
}

function validateConditions(
  conditions: readonly CertificateSigningRequestCondition[],
  old: CertificateSigningRequest | undefined,
): FieldErrors {
  const errors: FieldErrors = [];
  const before = (old?.status?.conditions ?? []).map(({ type }) => type);
  const wasBoth = VERDICTS.every((verdict) => before.includes(verdict));
  const hadDuplicates = new Set(before).size < before.length;
  const seen = new Set<string>();
  conditions.forEach(({ type = '', status = '' }, i) => {
    const path = `status.conditions[${i}]`;
    if (type === '' && !before.includes('')) errors.push(required(`${path}.type`));
    const statuses = FINAL.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (status === '') errors.push(required(`${path}.status`));
    else if (!statuses.includes(status)) errors.push(notSupported(`${path}.status`, status, statuses));
    const other = VERDICTS.find((verdict) => VERDICTS.includes(type) && verdict !== type);
    if (!wasBoth && other !== undefined && seen.has(other))
      errors.push(invalid('status.conditions', type, 'Approved and Denied conditions are mutually exclusive'));
    if (!hadDuplicates && seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
  });
  return errors;
}

export function validateSigningRequestUpdate(
  next: CertificateSigningRequest,
  old: CertificateSigningRequest,
): FieldErrors {
  return validateUpdate(next, { old });
}

/** Conditions of approval are added, and stay. */
export function validateApproval(next: CertificateSigningRequest, old: CertificateSigningRequest): FieldErrors {
  return validateUpdate(next, { old, approval: true });
}

export function validateSigningRequestStatus(
  next: CertificateSigningRequest,
  old: CertificateSigningRequest,
): FieldErrors {
  return validateUpdate(next, { old, certificate: true });
}

/** What is kept of the old object by the way the update comes is not compared again: only what can differ. */
function validateUpdate(
  next: CertificateSigningRequest,
  allowed: Allowed & { readonly old: CertificateSigningRequest },
): FieldErrors {
  const { old } = allowed;
  const errors = check(next, allowed);
  const conditions = 'status.conditions';
  const change = (type: string): number => countOf(next, type) - countOf(old, type);
  for (const type of FINAL) {
    if (change(type) < 0)
      errors.push(forbiddenField(conditions, `updates may not remove a condition of type ${quote(type)}`));
  }
  for (const type of allowed.approval === true ? [] : VERDICTS) {
    if (change(type) > 0)
      errors.push(forbiddenField(conditions, `updates may not add a condition of type ${quote(type)}`));
  }
  const [before, after] = [old.status?.certificate ?? '', next.status?.certificate ?? ''];
  if (before !== after && allowed.certificate !== true)
    errors.push(forbiddenField('status.certificate', 'updates may not set certificate content'));
  else if (before !== after && before !== '')
    errors.push(forbiddenField('status.certificate', 'updates may not modify existing certificate content'));
  return [...errors, ...validateObjectMetaUpdate(next, old)];
}

function countOf(request: CertificateSigningRequest, wanted: string): number {
  return (request.status?.conditions ?? []).filter(({ type }) => type === wanted).length;
}
