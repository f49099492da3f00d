import type { RequestInfo } from './request-info.ts';
import { failure } from '../../api/status.ts';
import type { ApiError } from '../../api/status.ts';
import { groupResource } from '../../api/group-names.ts';
import { quote } from '../../api/status.ts';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The client certificate's subject stands in the request's headers. */
export function authenticate(headers: Readonly<Record<string, string>>): User {
  const name = headers['x-remote-user'];
  if (name === undefined || name === '') return { name: 'system:anonymous', groups: ['system:unauthenticated'] };
  const groups = (headers['x-remote-group'] ?? '').split(',').map((group) => group.trim());
  return { name, groups: [...new Set([...groups.filter((group) => group !== ''), 'system:authenticated'])] };
}

export interface Authorizer {
  /** The reason for a denial goes into the answer. */
  authorize(user: User, info: RequestInfo): { readonly allowed: boolean; readonly reason?: string };
}

/** `--authorization-mode=AlwaysAllow` */
export const alwaysAllow: Authorizer = { authorize: () => ({ allowed: true }) };

/** Models apiserver/pkg/endpoints/handlers/responsewriters/errors.go. */
export function forbiddenByAuthorizer(user: User, info: RequestInfo, reason = ''): ApiError {
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
