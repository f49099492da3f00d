// Who a request comes from. Models apiserver/pkg/authentication/request.
import type { Server } from '../server.ts';
import type { User } from '../auth.ts';
import { POD, SERVICE_ACCOUNT } from '../../../api/kinds/index.ts';
import { keyOf } from '../../../api/scheme.ts';
import { SECOND } from '../../../lib/time.ts';
import { ANONYMOUS, AUTHENTICATED } from '../auth.ts';
import type { TokenClaims } from '../service-account-token.ts';
import { readToken } from '../service-account-token.ts';

type Headers = Readonly<Record<string, string>>;

const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

/** The client certificate's subject stands in the request's headers. Undefined: what it shows is not valid. */
export function authenticate(server: Server, headers: Headers): User | undefined {
  const token = /^Bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1];
  const name = headers['x-remote-user'] ?? '';
  if (name !== '') return certified(name, headers['x-remote-group'] ?? '');
  if (token === undefined) return ANONYMOUS;
  const account = accountOfToken(server, token);
  return account === undefined ? undefined : { ...account.user, groups: [...account.user.groups, AUTHENTICATED] };
}

/** The same few clients come again and again. */
const known = new Map<string, User>();
const KNOWN_LIMIT = 1000;

function certified(name: string, grouped: string): User {
  const key = `${name}\0${grouped}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const groups = grouped.split(',').map((group) => group.trim());
  const user: User = { name, groups: [...new Set([...groups.filter((group) => group !== ''), AUTHENTICATED])] };
  if (known.size >= KNOWN_LIMIT) known.clear();
  known.set(key, user);
  return user;
}

export interface AccountOfToken {
  readonly user: User;
  readonly claims: TokenClaims;
}

/** Checks a service account's token: signed by us, of now, and of an account and a pod that are still there. Models pkg/serviceaccount. */
export function accountOfToken(server: Server, token: string): AccountOfToken | undefined {
  const claims = readToken(token);
  if (claims === undefined || claims.iss !== server.options.serviceAccountIssuer) return undefined;
  const now = Math.floor(server.env.now() / SECOND);
  if (claims.exp <= now || claims.nbf > now) return undefined;
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io'];
  if (!isThere(server, 'account', namespace, serviceaccount)) return undefined;
  if (pod !== undefined && !isThere(server, 'pod', namespace, pod)) return undefined;
  return {
    claims,
    user: {
      ...accountUser(namespace, serviceaccount.name),
      uid: serviceaccount.uid,
      extra: {
        [CREDENTIAL_ID]: [`JTI=${claims.jti}`],
        ...(node === undefined ? {} : { 'authentication.kubernetes.io/node-name': [node.name] }),
        ...(pod === undefined
          ? {}
          : {
              'authentication.kubernetes.io/pod-name': [pod.name],
              'authentication.kubernetes.io/pod-uid': [pod.uid],
            }),
      },
    },
  };
}

function isThere(
  server: Server,
  what: 'account' | 'pod',
  namespace: string,
  { name, uid }: { readonly name: string; readonly uid: string },
): boolean {
  const kind = what === 'pod' ? POD : SERVICE_ACCOUNT;
  return server.storage(kind).cache.get(keyOf(kind, namespace, name))?.metadata.uid === uid;
}

export function accountUser(namespace: string, name: string): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
  };
}
