// Models plugin/pkg/auth/authorizer/node: a kubelet sees what its own pods need.
import type { Kind } from '../../../api/kind.ts';
import type { KubeObject, Pod } from '../../../api/types.gen.ts';
import type { Attributes, Authorizer, User, Verdict } from '../auth.ts';
import type { WatchCache } from '../storage/watch-cache.ts';
import { CLUSTER_ROLE, POD } from '../../../api/kinds/index.ts';
import { prefixOf } from '../../../api/scheme.ts';
import { allows, asRole } from './rbac.ts';

const NODE_USER = 'system:node:';
const NODE_ROLE = '/registry/clusterroles/system:node';
const LEASES = 'kube-node-lease';
const DENIED = { allowed: false };

export class NodeAuthorizer implements Authorizer {
  readonly #cacheOf: (kind: Kind) => WatchCache;

  constructor(cacheOf: (kind: Kind) => WatchCache) {
    this.#cacheOf = cacheOf;
  }

  authorize(user: User, attributes: Attributes): Verdict {
    if (!user.name.startsWith(NODE_USER) || !user.groups.includes('system:nodes')) return DENIED;
    const node = user.name.slice(NODE_USER.length);
    if (attributes.isResourceRequest) {
      const { group, resource } = attributes;
      if (group === '' && (resource === 'secrets' || resource === 'configmaps')) return this.#related(node, attributes);
      if (group === '' && resource === 'serviceaccounts') return this.#token(node, attributes);
      if (group === 'coordination.k8s.io' && resource === 'leases') return leases(node, attributes);
    }
    const role = this.#cacheOf(CLUSTER_ROLE).get(NODE_ROLE);
    const allowed = role !== undefined && (asRole(role).rules ?? []).some((rule) => allows(rule, attributes));
    return allowed ? { allowed } : DENIED;
  }

  #related(node: string, { verb, name, namespace, resource }: Attributes): Verdict {
    if (!['get', 'list', 'watch'].includes(verb))
      return { allowed: false, reason: 'can only read resources of this type' };
    if (name === '') return { allowed: false, reason: 'can only read namespaced object of this type' };
    const found = this.#podsOf(node, namespace).some((pod) => refersTo(pod, resource, name));
    return found ? { allowed: true } : { allowed: false, reason: noRelation(node) };
  }

  #token(node: string, { verb, name, namespace, subresource }: Attributes): Verdict {
    if (verb === 'get' && subresource === '') return { allowed: true };
    if (verb !== 'create' || subresource !== 'token')
      return { allowed: false, reason: 'can only create tokens for individual service accounts' };
    const found = this.#podsOf(node, namespace).some((pod) => (pod.spec.serviceAccountName ?? '') === name);
    return found ? { allowed: true } : { allowed: false, reason: noRelation(node) };
  }

  #podsOf(node: string, namespace: string): Pod[] {
    const found: Pod[] = [];
    for (const [, object] of this.#cacheOf(POD).range(prefixOf(POD, namespace))) {
      const pod = asPod(object);
      if (pod.spec.nodeName === node) found.push(pod);
    }
    return found;
  }
}

function asPod(object: KubeObject): Pod {
  return object as Pod;
}

function noRelation(node: string): string {
  return `no relationship found between node '${node}' and this object`;
}

function leases(node: string, { verb, namespace, name }: Attributes): Verdict {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb))
    return { allowed: false, reason: 'can only get, create, update, patch, or delete a node lease' };
  if (namespace !== LEASES)
    return { allowed: false, reason: `can only access leases in the "${LEASES}" system namespace` };
  if (verb !== 'create' && name !== node)
    return { allowed: false, reason: 'can only access node lease with the same name as the requesting node' };
  return { allowed: true };
}

/** Names of secrets or config maps anywhere in the pod's spec. */
function refersTo(pod: Pod, resource: string, wanted: string): boolean {
  const { volumes = [], containers, initContainers = [], imagePullSecrets = [] } = pod.spec;
  const secrets = resource === 'secrets';
  const names: (string | undefined)[] = secrets ? imagePullSecrets.map(({ name }) => name) : [];
  for (const volume of volumes) {
    names.push(secrets ? volume.secret?.secretName : volume.configMap?.name);
    for (const source of volume.projected?.sources ?? [])
      names.push(secrets ? source.secret?.name : source.configMap?.name);
  }
  for (const { env = [], envFrom = [] } of [...containers, ...initContainers]) {
    for (const { valueFrom } of env)
      names.push(secrets ? valueFrom?.secretKeyRef?.name : valueFrom?.configMapKeyRef?.name);
    for (const source of envFrom) names.push(secrets ? source.secretRef?.name : source.configMapRef?.name);
  }
  return names.includes(wanted);
}
