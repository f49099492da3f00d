import type { ApiError } from '../../api/status.ts';
import { groupResource } from '../../api/group-names.ts';
import { failure, quote } from '../../api/status.ts';

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What somebody wants to do. A RequestInfo is one. */
export interface Attributes {
  readonly isResourceRequest: boolean;
  readonly path: string;
  readonly verb: string;
  readonly group: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
}

export interface Verdict {
  readonly allowed: boolean;
  /** Goes into the answer. */
  readonly reason?: string;
}

export interface Authorizer {
  authorize(user: User, attributes: Attributes): Verdict;
}

export const MASTERS = 'system:masters';
export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
export const AUTHENTICATED = 'system:authenticated';

/** Models apiserver/pkg/endpoints/handlers/responsewriters/errors.go. */
export function forbiddenByAuthorizer(user: User, info: Attributes, reason = ''): ApiError {
  const why = reason === '' ? '' : `: ${reason}`;
  if (!info.isResourceRequest) {
    return failure(
      403,
      'Forbidden',
      `forbidden: User ${quote(user.name)} cannot ${info.verb} path ${quote(info.path)}${why}`,
      {},
    );
  }
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  const scope = info.namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(info.namespace)}`;
  const what = groupResource({ group: info.group, plural: info.resource });
  const named = info.name === '' ? what : `${what} ${quote(info.name)}`;
  return failure(
    403,
    'Forbidden',
    `${named} is forbidden: User ${quote(user.name)} cannot ${info.verb} resource ${quote(resource)} in API group ${quote(info.group)} ${scope}${why}`,
    {
      ...(info.name === '' ? {} : { name: info.name }),
      ...(info.group === '' ? {} : { group: info.group }),
      kind: info.resource,
    },
  );
}
