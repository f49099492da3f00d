import type { Status, StatusCause, StatusDetails } from './types.gen.ts';
import { groupKind, groupResource } from './group-names.ts';

/** A request that failed, in upstream's words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? '');
    this.status = status;
  }

  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }
}

export interface Resource {
  readonly group: string;
  readonly plural: string;
}

/** Go's `%q`. */
export function quote(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const escape = ESCAPES[char];
    if (escape !== undefined) out += escape;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code >= 0x80 && code < 0xa0) out += `\\u${code.toString(16).padStart(4, '0')}`;
    else out += char;
  }
  return `${out}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

export function failure(code: number, reason: string, message: string, details?: StatusDetails): ApiError {
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  });
}

/** What a successful delete answers. */
export function deletedStatus(resource: Resource, name: string, uid: string): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...detailsOf(resource, name), uid },
  };
}

function detailsOf(resource: Resource, name?: string): StatusDetails {
  return {
    ...(name === undefined || name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    ...(resource.plural === '' ? {} : { kind: resource.plural }),
  };
}

export function notFound(resource: Resource, name: string): ApiError {
  return failure(404, 'NotFound', `${groupResource(resource)} ${quote(name)} not found`, detailsOf(resource, name));
}

/** The answer to a path that nothing serves. */
export function noSuchPath(): ApiError {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: Resource, name: string): ApiError {
  return failure(
    409,
    'AlreadyExists',
    `${groupResource(resource)} ${quote(name)} already exists`,
    detailsOf(resource, name),
  );
}

export function generateNameConflict(resource: Resource, name: string): ApiError {
  return failure(
    409,
    'AlreadyExists',
    `${groupResource(resource)} ${quote(name)} already exists, the server was not able to generate a unique name for the object`,
    { ...detailsOf(resource, name), retryAfterSeconds: 1 },
  );
}

export const MODIFIED_SINCE =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(resource: Resource, name: string, cause: string = MODIFIED_SINCE): ApiError {
  return failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${groupResource(resource)} ${quote(name)}: ${cause}`,
    detailsOf(resource, name),
  );
}

export function unauthorized(message = 'Unauthorized'): ApiError {
  return failure(401, 'Unauthorized', message);
}

export function forbidden(resource: Resource, name: string, cause: string): ApiError {
  const named = name === '' ? groupResource(resource) : `${groupResource(resource)} ${quote(name)}`;
  return failure(403, 'Forbidden', `${named} is forbidden: ${cause}`, detailsOf(resource, name));
}

export function badRequest(message: string): ApiError {
  return failure(400, 'BadRequest', message);
}

/** `causes` come in the order in which validation found them. */
export function invalid(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly StatusCause[],
): ApiError {
  const parts = [...new Set(causes.map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`))];
  const list = parts.length === 1 ? parts[0] : `[${parts.join(', ')}]`;
  const message = `${groupKind(kind)} ${quote(name)} is invalid${parts.length === 0 ? '' : `: ${list}`}`;
  return failure(422, 'Invalid', message, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.kind,
    ...(causes.length === 0 ? {} : { causes }),
  });
}

export function methodNotAllowed(resource: Resource, action: string): ApiError {
  return failure(
    405,
    'MethodNotAllowed',
    `${action} is not supported on resources of kind ${quote(groupResource(resource))}`,
    detailsOf(resource),
  );
}

/** As the server answers a method that a path does not know. */
export function unknownMethod(): ApiError {
  return failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function notAcceptable(available: readonly string[]): ApiError {
  const message = `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`;
  return failure(406, 'NotAcceptable', message, {});
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  return failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

/** 410: a list or watch starts at a revision that is compacted. */
export function expired(message: string): ApiError {
  return failure(410, 'Expired', message);
}

export function gone(message: string): ApiError {
  return failure(410, 'Gone', message);
}

export function timeout(message: string, retryAfterSeconds = 0): ApiError {
  return failure(504, 'Timeout', `Timeout: ${message}`, retryAfterSeconds === 0 ? {} : { retryAfterSeconds });
}

export function serverTimeout(resource: Resource, operation: string, retryAfterSeconds = 0): ApiError {
  return failure(
    500,
    'ServerTimeout',
    `The ${operation} operation against ${groupResource(resource)} could not be completed at this time, please try again.`,
    { ...detailsOf(resource, operation), ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }) },
  );
}

export function internalError(cause: string): ApiError {
  return failure(500, 'InternalError', `Internal error occurred: ${cause}`, { causes: [{ message: cause }] });
}

/** An error that upstream hands on without a kind of its own: code 500 and no reason. */
export function plainError(message: string): ApiError {
  return failure(500, '', message);
}

export function tooManyRequests(message: string, retryAfterSeconds: number, causes?: readonly StatusCause[]): ApiError {
  return failure(429, 'TooManyRequests', message, {
    ...(causes === undefined ? {} : { causes }),
    ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  });
}

export function requestEntityTooLarge(message: string): ApiError {
  return failure(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`);
}

export function serviceUnavailable(message: string): ApiError {
  return failure(503, 'ServiceUnavailable', message);
}

export function isNotFound(error: unknown): error is ApiError {
  return hasReason(error, 'NotFound');
}

export function isConflict(error: unknown): error is ApiError {
  return hasReason(error, 'Conflict');
}

export function isAlreadyExists(error: unknown): error is ApiError {
  return hasReason(error, 'AlreadyExists');
}

export function hasReason(error: unknown, reason: string): error is ApiError {
  return error instanceof ApiError && error.reason === reason;
}
