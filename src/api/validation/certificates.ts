// Models pkg/apis/certificates/validation.
import { decodeBase64 } from '../base64.ts';
import { CERTIFICATE_SIGNING_REQUEST } from '../kinds/certificate-signing-request.ts';
import { dns1123Subdomain } from '../names.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, duplicate, forbiddenField, invalid, notSupported, required } from './field.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './metadata.ts';
import { deepEqual } from '../../lib/json.ts';

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

export function validateSigningRequest(request: CertificateSigningRequest): FieldErrors {
  const errors = validateObjectMeta(CERTIFICATE_SIGNING_REQUEST, request);
  const { spec } = request;
  const problem = problemOfPem(spec.request ?? '');
  if (problem !== undefined) errors.push(invalid('spec.request', spec.request ?? '', problem));
  if ((spec.usages ?? []).length === 0) errors.push(required('spec.usages'));
  const seen = new Set<string>();
  (spec.usages ?? []).forEach((usage, i) => {
    if (!USAGES.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, USAGES));
    if (seen.has(usage)) errors.push(duplicate(`spec.usages[${i}]`, usage));
    seen.add(usage);
  });
  errors.push(...validateSignerName(spec.signerName ?? ''));
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < MIN_SECONDS)
    errors.push(
      invalid(
        'spec.expirationSeconds',
        spec.expirationSeconds,
        `may not specify a duration less than ${MIN_SECONDS} seconds (10 minutes)`,
      ),
    );
  return [...errors, ...validateConditions(request.status?.conditions ?? [])];
}

/** Go's words, for what holds no PEM block of the right type. */
function problemOfPem(data: string): string | undefined {
  const text = new TextDecoder().decode(decodeBase64(data));
  return /-----BEGIN CERTIFICATE REQUEST-----\s[\s\S]*-----END CERTIFICATE REQUEST-----/.test(text)
    ? undefined
    : 'PEM block type must be CERTIFICATE REQUEST';
}

function validateSignerName(name: string): FieldErrors {
  const field = 'spec.signerName';
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

function validateConditions(conditions: readonly CertificateSigningRequestCondition[]): FieldErrors {
  const errors: FieldErrors = [];
  const seen = new Set<string>();
  conditions.forEach(({ type = '', status = '' }, i) => {
    const path = `status.conditions[${i}]`;
    if (type === '') errors.push(required(`${path}.type`));
    if (status === '') errors.push(required(`${path}.status`));
    else if (['Approved', 'Denied', 'Failed'].includes(type) && status !== 'True')
      errors.push(notSupported(`${path}.status`, status, ['True']));
    else if (!['True', 'False', 'Unknown'].includes(status))
      errors.push(notSupported(`${path}.status`, status, ['True', 'False', 'Unknown']));
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
    if ((type === 'Approved' && seen.has('Denied')) || (type === 'Denied' && seen.has('Approved')))
      errors.push(invalid(`${path}.type`, type, 'Approved and Denied conditions are mutually exclusive'));
  });
  return errors;
}

export function validateSigningRequestUpdate(
  next: CertificateSigningRequest,
  old: CertificateSigningRequest,
): FieldErrors {
  const errors = [...validateSigningRequest(next), ...validateObjectMetaUpdate(next, old)];
  for (const type of ['Approved', 'Denied', 'Failed']) {
    if (!deepEqual(conditionOf(old, type), conditionOf(next, type)))
      errors.push(
        forbiddenField(
          'status.conditions',
          `updates may not add, remove, or modify a condition of type ${quoted(type)}`,
        ),
      );
  }
  return errors;
}

/** Conditions of approval are added, and stay. */
export function validateApproval(next: CertificateSigningRequest, old: CertificateSigningRequest): FieldErrors {
  const errors = [...validateSigningRequest(next), ...validateObjectMetaUpdate(next, old)];
  for (const type of ['Approved', 'Denied']) {
    if (conditionOf(old, type) !== undefined && conditionOf(next, type) === undefined)
      errors.push(forbiddenField('status.conditions', `updates may not remove a condition of type ${quoted(type)}`));
  }
  return errors;
}

export function validateSigningRequestStatus(
  next: CertificateSigningRequest,
  old: CertificateSigningRequest,
): FieldErrors {
  const errors = [...validateSigningRequest(next), ...validateObjectMetaUpdate(next, old)];
  const [before, after] = [old.status?.certificate ?? '', next.status?.certificate ?? ''];
  if (before !== '' && before !== after)
    errors.push(forbiddenField('status.certificate', 'updates may not set certificate content once it is set'));
  return errors;
}

const conditionOf = (
  request: CertificateSigningRequest,
  type: string,
): CertificateSigningRequestCondition | undefined =>
  request.status?.conditions?.find((condition) => condition.type === type);

const quoted = (text: string): string => `"${text}"`;
