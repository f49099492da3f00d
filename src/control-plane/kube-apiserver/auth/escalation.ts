// Nobody gives what he does not have. Models pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased.
import type {
  ClusterRole,
  ClusterRoleBinding,
  KubeObject,
  PolicyRule,
  RoleBinding,
  RoleRef,
} from '../../../api/types.gen.ts';
import { CLUSTER_ROLE, ROLE } from '../../../api/kinds/index.ts';
import { keyOf } from '../../../api/scheme.ts';
import { goList, missingRules, rulesText } from '../../../api/policy-rules.ts';
import { forbidden, notFound, quote } from '../../../api/status.ts';
import { deepEqual } from '../../../lib/json.ts';
import type { User } from '../auth.ts';
import { MASTERS } from '../auth.ts';
import type { Rules } from '../resources/rules.ts';
import { DEFAULT_RULES } from '../resources/rules.ts';
import type { ServedResource, Server } from '../server.ts';
import { withMetadata } from '../storage/objects.ts';
import { asRole } from './rbac.ts';

const GROUP = 'rbac.authorization.k8s.io';
const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Of roles: what they allow, their maker may do himself, or he may `escalate`. */
export const roleRules: Rules = {
  ...DEFAULT_RULES,
  authorize(server, resource, user, object, old) {
    const { namespace = '' } = object.metadata;
    if (isAbove(user) || isOnlyCollected(object, old)) return;
    if (may(server, user, 'escalate', resource.kind.plural, namespace, object.metadata.name)) return;
    confirm(server, resource, user, object, asRole(object).rules ?? []);
    if (!isAggregated(object) && !isAggregated(old)) return;
    if (missingRules(server.rbac.rulesFor(user, namespace).rules, EVERYTHING).length > 0)
      throw forbidden(
        resource.kind,
        object.metadata.name,
        'must have cluster-admin privileges to use an aggregationRule',
      );
  },
};

/** Of bindings: what the role allows, their maker may do himself, or he may `bind` it. */
export const roleBindingRules: Rules = {
  ...DEFAULT_RULES,
  authorize(server, resource, user, object, old) {
    const { namespace = '' } = object.metadata;
    if (isAbove(user) || isOnlyCollected(object, old)) return;
    const { roleRef } = asBinding(object);
    const plural = { ClusterRole: 'clusterroles', Role: 'roles' }[roleRef.kind];
    if (plural !== undefined && may(server, user, 'bind', plural, namespace, roleRef.name)) return;
    confirm(server, resource, user, object, rulesOfRole(server, roleRef, namespace));
  },
};

/** Models EscalationAllowed. */
function isAbove(user: User): boolean {
  return user.groups.includes(MASTERS);
}

function may(server: Server, user: User, verb: string, resource: string, namespace: string, name: string): boolean {
  const attributes = {
    isResourceRequest: true,
    path: '',
    group: GROUP,
    subresource: '',
    verb,
    resource,
    namespace,
    name,
  };
  return server.authorizer.authorize(user, attributes).allowed;
}

/** Throws when the user may not do all that the rules allow. Models ConfirmNoEscalation. */
function confirm(
  server: Server,
  resource: ServedResource,
  user: User,
  object: KubeObject,
  rules: readonly PolicyRule[],
): void {
  const { name, namespace = '' } = object.metadata;
  const own = server.rbac.rulesFor(user, namespace);
  const missing = missingRules(own.rules, rules);
  if (missing.length === 0) return;
  const why = own.errors.length === 0 ? '' : `; resolution errors: [${own.errors.join(', ')}]`;
  throw forbidden(
    resource.kind,
    name,
    `user ${quote(user.name)} (groups=${goList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${rulesText(missing)}${why}`,
  );
}

function rulesOfRole(server: Server, { kind, name }: RoleRef, namespace: string): readonly PolicyRule[] {
  const role = kind === 'Role' ? ROLE : CLUSTER_ROLE;
  const found = server.storage(role).cache.get(keyOf(role, namespace, name));
  if (found === undefined) throw notFound(role, name);
  return asRole(found).rules ?? [];
}

/** Models IsOnlyMutatingGCFields. */
function isOnlyCollected(object: KubeObject, old: KubeObject | undefined): boolean {
  if (old === undefined) return false;
  const bare = (each: KubeObject): KubeObject =>
    withMetadata(each, { ownerReferences: undefined, finalizers: undefined, managedFields: undefined });
  return deepEqual(bare(object), bare(old));
}

function isAggregated(object: KubeObject | undefined): boolean {
  return ((object as ClusterRole | undefined)?.aggregationRule?.clusterRoleSelectors ?? []).length > 0;
}

function asBinding(object: KubeObject): RoleBinding | ClusterRoleBinding {
  return object as RoleBinding;
}
