// Models k8s.io/apimachinery/pkg/util/validation/field: what is wrong with a field, in words and as causes.
import { compareStrings } from '../../lib/order.ts';
import type { StatusCause } from '../types.gen.ts';
import { quote } from '../status.ts';

export interface FieldError {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

export type FieldErrors = FieldError[];

function error(reason: string, field: string, words: string, detail: string): FieldError {
  return { reason, field, message: detail === '' ? words : `${words}: ${detail}` };
}

export function required(field: string, detail = ''): FieldError {
  return error('FieldValueRequired', field, 'Required value', detail);
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return error('FieldValueInvalid', field, `Invalid value: ${show(value)}`, detail);
}

export function duplicate(field: string, value: unknown): FieldError {
  return error('FieldValueDuplicate', field, `Duplicate value: ${show(value)}`, '');
}

export function notFoundValue(field: string, value: unknown): FieldError {
  return error('FieldValueNotFound', field, `Not found: ${show(value)}`, '');
}

export function forbiddenField(field: string, detail: string): FieldError {
  return error('FieldValueForbidden', field, 'Forbidden', detail);
}

export function tooLong(field: string, limit: number): FieldError {
  return error('FieldValueTooLong', field, 'Too long', `may not be more than ${limit} bytes`);
}

export function tooMany(field: string, count: number, limit: number): FieldError {
  return error('FieldValueTooMany', field, `Too many: ${count}`, `must have at most ${limit} items`);
}

/** The values are named in the order given. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map(quote).join(', ')}`;
  return error('FieldValueNotSupported', field, `Unsupported value: ${show(value)}`, detail);
}

/** For values that Go keeps in a set: named in order of their bytes. */
export function notInSet(field: string, value: unknown, supported: readonly string[]): FieldError {
  return notSupported(field, value, [...supported].sort(compareStrings));
}

/** One error for each complaint about a value. */
export function complaints(field: string, value: unknown, messages: readonly string[]): FieldErrors {
  return messages.map((message) => invalid(field, value, message));
}

export function show(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === undefined || value === null ? 'null' : JSON.stringify(value);
}

export function causesOf(errors: readonly FieldError[]): StatusCause[] {
  return errors.map(({ reason, message, field }) => ({ reason, message, field }));
}

export const NOT_NEGATIVE = 'must be greater than or equal to 0';
export const IMMUTABLE = 'field is immutable';

export function notNegative(field: string, value: number | undefined): FieldErrors {
  return value !== undefined && value < 0 ? [invalid(field, value, NOT_NEGATIVE)] : [];
}

export function oneOf(field: string, value: string | undefined, supported: readonly string[]): FieldErrors {
  return value !== undefined && supported.includes(value) ? [] : [notSupported(field, value ?? '', supported)];
}

export function requiredOr(
  field: string,
  value: string | undefined,
  check: (value: string) => readonly string[],
): FieldErrors {
  return (value ?? '') === '' ? [required(field)] : complaints(field, value, check(value ?? ''));
}
