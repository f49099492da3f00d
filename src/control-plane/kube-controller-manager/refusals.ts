import type { ApiError } from '../../client/client.ts';

export function isGone(error: ApiError): boolean {
  return error.reason === 'NotFound';
}

export function isTaken(error: ApiError): boolean {
  return error.reason === 'AlreadyExists';
}

/** Nothing can be made in a namespace that is being deleted; trying again would not help. */
export function isNamespaceTerminating(error: ApiError): boolean {
  return error.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false;
}
