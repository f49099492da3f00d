// Models apiserver/pkg/endpoints/filters/impersonation.
import type { ApiError } from '../../../api/status.ts';
import type { Attributes, Authorizer, User } from '../auth.ts';
import { ANONYMOUS, AUTHENTICATED, forbiddenByAuthorizer } from '../auth.ts';
import { accountUser } from './authenticate.ts';

type Headers = Readonly<Record<string, string>>;

const EXTRA = 'impersonate-extra-';

/** Only users were named without anyone to be. */
export class NobodyToBe extends Error {}

/** The user that the request asks to be taken for; undefined: its own. Throws ApiError when that is not allowed. */
export function impersonated(user: User, headers: Headers, authorizer: Authorizer): User | undefined {
  const name = headers['impersonate-user'] ?? '';
  const groups = listOf(headers['impersonate-group']);
  const uid = headers['impersonate-uid'] ?? '';
  const extra = extraOf(headers);
  if (name === '') {
    if (groups.length === 0 && uid === '' && extra.length === 0) return undefined;
    throw new NobodyToBe(asked(groups, extra, uid));
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  const [, namespace = '', accountName = ''] = account ?? [];
  check(
    account === null
      ? attributesOf('', 'users', name)
      : { ...attributesOf('', 'serviceaccounts', accountName), namespace },
  );
  for (const group of groups) check(attributesOf('', 'groups', group));
  if (uid !== '') check(attributesOf('authentication.k8s.io', 'uids', uid));
  for (const [key, values] of extra) {
    for (const value of values)
      check({ ...attributesOf('authentication.k8s.io', 'userextras', value), subresource: key });
  }
  return {
    name,
    groups: completed(name, groups, account === null ? [] : accountUser(namespace, accountName).groups),
    ...(uid === '' ? {} : { uid }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };

  function check(attributes: Attributes): void {
    const verdict = authorizer.authorize(user, attributes);
    if (!verdict.allowed) throw refused(attributes, verdict.reason);
  }
  function refused(attributes: Attributes, reason: string | undefined): ApiError {
    return forbiddenByAuthorizer(user, attributes, reason);
  }
}

/** As Go prints the list of what was asked for: references without a user among them. */
function asked(groups: readonly string[], extra: readonly [string, string[]][], uid: string): string {
  const references = [
    ...groups.map((group) => `{Group  ${group}    }`),
    ...extra.flatMap(([key, values]) =>
      values.map((value) => `{UserExtra  ${value}  authentication.k8s.io/v1  ${key}}`),
    ),
    ...(uid === '' ? [] : [`{UID  ${uid}  authentication.k8s.io/v1  }`]),
  ];
  return `requested [${references.join(' ')}] without impersonating a user`;
}

function attributesOf(group: string, resource: string, name: string): Attributes {
  return {
    isResourceRequest: true,
    path: '',
    verb: 'impersonate',
    group,
    namespace: '',
    resource,
    subresource: '',
    name,
  };
}

/** The groups that everybody of that kind is in, unless others were asked for. */
function completed(name: string, groups: readonly string[], own: readonly string[]): string[] {
  const base = groups.length === 0 ? [...own] : [...groups];
  const everybody = name === ANONYMOUS.name ? 'system:unauthenticated' : AUTHENTICATED;
  return base.includes(everybody) ? base : [...base, everybody];
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function extraOf(headers: Headers): [string, string[]][] {
  return Object.entries(headers)
    .filter(([name]) => name.startsWith(EXTRA))
    .map(([name, value]) => [unescaped(name.slice(EXTRA.length)), listOf(value)]);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
