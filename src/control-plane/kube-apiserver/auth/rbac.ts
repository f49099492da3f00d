// Models plugin/pkg/auth/authorizer/rbac and pkg/registry/rbac/validation/rule.go.
import type { ClusterRoleBinding, KubeObject, PolicyRule, RoleBinding, Subject } from '../../../api/types.gen.ts';
import type { Kind } from '../../../api/kind.ts';
import type { Attributes, Authorizer, User, Verdict } from '../auth.ts';
import type { WatchCache } from '../storage/watch-cache.ts';
import { CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING } from '../../../api/kinds/index.ts';
import { keyOf, prefixOf } from '../../../api/scheme.ts';
import { quote } from '../../../api/status.ts';

export interface Rules {
  readonly rules: readonly PolicyRule[];
  /** Roles that are named and not there. */
  readonly errors: readonly string[];
}

interface Known {
  readonly cluster: Rules;
  readonly local: Map<string, Rules>;
}

const KNOWN_LIMIT = 1000;
const NO_RULES: Rules = { rules: [], errors: [] };

/** What the roles bound to a user allow. They are read from the watch caches, and what they come to is kept until one of those changes. */
export class Rbac implements Authorizer {
  readonly #cacheOf: (kind: Kind) => WatchCache;
  readonly #known = new Map<string, Known>();
  #generation = -1;

  constructor(cacheOf: (kind: Kind) => WatchCache) {
    this.#cacheOf = cacheOf;
  }

  authorize(user: User, attributes: Attributes): Verdict {
    const { cluster, local } = this.#rulesOf(user, attributes.namespace);
    for (const rule of cluster.rules) if (allows(rule, attributes)) return { allowed: true };
    for (const rule of local.rules) if (allows(rule, attributes)) return { allowed: true };
    const errors = [...cluster.errors, ...local.errors];
    if (errors.length === 0) return { allowed: false };
    return { allowed: false, reason: `RBAC: ${errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`}` };
  }

  /** Everything the user may do in the namespace. */
  rulesFor(user: User, namespace: string): Rules {
    const { cluster, local } = this.#rulesOf(user, namespace);
    return { rules: [...cluster.rules, ...local.rules], errors: [...cluster.errors, ...local.errors] };
  }

  #rulesOf(user: User, namespace: string): { readonly cluster: Rules; readonly local: Rules } {
    const generation = [CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING].reduce(
      (sum, kind) => sum + this.#cacheOf(kind).generation,
      0,
    );
    if (generation !== this.#generation || this.#known.size > KNOWN_LIMIT) {
      this.#known.clear();
      this.#generation = generation;
    }
    const key = `${user.name}\0${user.groups.join('\0')}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = { cluster: this.#bound(user, CLUSTER_ROLE_BINDING, ''), local: new Map() };
      this.#known.set(key, known);
    }
    if (namespace === '') return { cluster: known.cluster, local: NO_RULES };
    let local = known.local.get(namespace);
    if (local === undefined) {
      local = this.#bound(user, ROLE_BINDING, namespace);
      known.local.set(namespace, local);
    }
    return { cluster: known.cluster, local };
  }

  #bound(user: User, kind: Kind, namespace: string): Rules {
    const rules: PolicyRule[] = [];
    const errors: string[] = [];
    for (const [, object] of this.#cacheOf(kind).range(prefixOf(kind, namespace))) {
      const { roleRef, subjects = [] } = asBinding(object);
      if (!subjects.some((subject) => isSubject(user, subject, namespace))) continue;
      const role = roleRef.kind === 'Role' ? ROLE : CLUSTER_ROLE;
      const found = this.#cacheOf(role).get(keyOf(role, namespace, roleRef.name));
      if (found === undefined)
        errors.push(`${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io ${quote(roleRef.name)} not found`);
      else rules.push(...(asRole(found).rules ?? []));
    }
    return { rules, errors };
  }
}

function asBinding(object: KubeObject): ClusterRoleBinding | RoleBinding {
  return object as ClusterRoleBinding;
}

export function asRole(object: KubeObject): KubeObject & { readonly rules?: readonly PolicyRule[] } {
  return object;
}

function isSubject(user: User, { kind, name, namespace = '' }: Subject, bindingNamespace: string): boolean {
  switch (kind) {
    case 'User':
      return name === '*' || user.name === name;
    case 'Group':
      return name === '*' || user.groups.includes(name);
    case 'ServiceAccount': {
      const of = namespace === '' ? bindingNamespace : namespace;
      return of !== '' && user.name === `system:serviceaccount:${of}:${name}`;
    }
    default:
      return false;
  }
}

/** Models pkg/apis/rbac/v1/evaluation_helpers.go. */
export function allows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (!attributes.isResourceRequest) return (rule.nonResourceURLs ?? []).some((url) => isUrl(url, attributes.path));
  const { group, resource, subresource, name } = attributes;
  if (!has(rule.apiGroups, group)) return false;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const { resources = [], resourceNames = [] } = rule;
  if (!resources.some((each) => each === '*' || each === whole || (subresource !== '' && each === `*/${subresource}`)))
    return false;
  return resourceNames.length === 0 || resourceNames.includes(name);
}

function has(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes(value) || list.includes('*'));
}

function isUrl(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, ''));
}
