import type { ApiError } from '../../../api/status.ts';
import { conflict, expired, failure, plainError } from '../../../api/status.ts';
import { EtcdFailure } from './etcd-client.ts';

/** The request's time is up. `text` is what the answer says. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

export const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
export const LIST_EXPIRED = 'The resourceVersion for the provided list is too old.';

export function isCompacted(error: unknown): boolean {
  return error instanceof EtcdFailure && error.message.includes('required revision has been compacted');
}

export function tooLargeResourceVersion(wanted: number, current: number): ApiError {
  return failure(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** Models apiserver/pkg/storage: what the storage's failures become. Those of etcd pass through with their text and no reason. */
export function storageError(error: EtcdFailure): ApiError {
  if (isCompacted(error)) return expired(LIST_EXPIRED);
  return plainError(error.message);
}

interface ResourceOf {
  readonly group: string;
  readonly plural: string;
}

export function preconditionFailed(resource: ResourceOf, name: string, key: string, text: string): ApiError {
  return conflict(
    resource,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${text}`,
  );
}
