// The roles and bindings that a cluster is born with, as objects. Models bootstrappolicy/policy.go and controller_policy.go.
import type { Kind } from '../../../api/kind.ts';
import { CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING, SERVICE_ACCOUNT } from '../../../api/kinds/index.ts';
import type { PolicyRule, RoleRef, Subject } from '../../../api/types.gen.ts';
import { CLUSTER_ROLES } from './cluster-roles.ts';
import { CONTROLLER_ROLES } from './controller-roles.ts';

/** An object of a kind, without what the server adds. */
export interface Content {
  readonly kind: Kind;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [member: string]: unknown;
}

const GROUP = 'rbac.authorization.k8s.io';
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

/** Roles made of those that say they belong to them; with what they themselves belong to. */
const AGGREGATED: Readonly<Record<string, string>> = { admin: '', edit: 'admin', view: 'edit' };

/** Who has the cluster roles that are not a controller's: `Kind:name`, a service account with its namespace. */
const BINDINGS: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['Group:system:masters'],
  'system:basic-user': ['Group:system:authenticated'],
  'system:discovery': ['Group:system:authenticated'],
  'system:kube-controller-manager': ['User:system:kube-controller-manager'],
  'system:kube-dns': ['ServiceAccount:kube-system/kube-dns'],
  'system:kube-scheduler': ['User:system:kube-scheduler'],
  'system:monitoring': ['Group:system:monitoring'],
  'system:node': [],
  'system:node-proxier': ['User:system:kube-proxy'],
  'system:public-info-viewer': ['Group:system:authenticated', 'Group:system:unauthenticated'],
  'system:service-account-issuer-discovery': ['Group:system:serviceaccounts'],
  'system:volume-scheduler': ['User:system:kube-scheduler'],
};

/** What kubeadm adds. */
const KUBEADM_BINDINGS = [
  { name: 'kubeadm:cluster-admins', role: 'cluster-admin', subject: 'Group:kubeadm:cluster-admins' },
  { name: 'kubeadm:node-proxier', role: 'system:node-proxier', subject: 'ServiceAccount:kube-system/kube-proxy' },
];

const LEADER_LOCK = [
  'create,get,list,update,watch coordination.k8s.io leases',
  'create,get,list,update,watch coordination.k8s.io leasecandidates',
];
const WRITE_EVENTS = 'create,patch,update core,events.k8s.io events';

interface Local {
  readonly namespace: string;
  readonly role: string;
  /** Its own name by default. */
  readonly binding?: string;
  readonly rules: readonly string[];
  readonly subjects: readonly string[];
}

const LOCAL: readonly Local[] = [
  {
    namespace: 'kube-public',
    role: 'system:controller:bootstrap-signer',
    rules: ['get,list,watch core configmaps', 'update core configmaps cluster-info', WRITE_EVENTS],
    subjects: ['ServiceAccount:kube-system/bootstrap-signer'],
  },
  {
    namespace: 'kube-system',
    role: 'extension-apiserver-authentication-reader',
    binding: 'system::extension-apiserver-authentication-reader',
    rules: ['get,list,watch core configmaps extension-apiserver-authentication'],
    subjects: ['User:system:kube-controller-manager', 'User:system:kube-scheduler'],
  },
  {
    namespace: 'kube-system',
    role: 'system::leader-locking-kube-controller-manager',
    rules: LEADER_LOCK,
    subjects: [
      'User:system:kube-controller-manager',
      'ServiceAccount:kube-system/kube-controller-manager',
      'ServiceAccount:kube-system/leader-election-controller',
    ],
  },
  {
    namespace: 'kube-system',
    role: 'system::leader-locking-kube-scheduler',
    rules: LEADER_LOCK,
    subjects: ['User:system:kube-scheduler', 'ServiceAccount:kube-system/kube-scheduler'],
  },
  {
    namespace: 'kube-system',
    role: 'system:controller:bootstrap-signer',
    rules: ['get,list,watch core secrets'],
    subjects: ['ServiceAccount:kube-system/bootstrap-signer'],
  },
  {
    namespace: 'kube-system',
    role: 'system:controller:cloud-provider',
    rules: ['create,get,list,watch core configmaps'],
    subjects: ['ServiceAccount:kube-system/cloud-provider'],
  },
  {
    namespace: 'kube-system',
    role: 'system:controller:token-cleaner',
    rules: ['delete,get,list,watch core secrets', WRITE_EVENTS],
    subjects: ['ServiceAccount:kube-system/token-cleaner'],
  },
];

/** Controllers with a role that kube-controller-manager does not start by default. */
const NOT_RUN = new Set(['route-controller', 'selinux-warning-controller', 'service-controller']);

/**
 * Those in whose names the controllers write. Upstream's kube-controller-manager makes each when it starts a controller; here
 * all come with the roles, in the same few transactions.
 */
export function controllerAccounts(): Content[] {
  return [...Object.keys(CONTROLLER_ROLES), 'bootstrap-signer', 'token-cleaner']
    .filter((name) => !NOT_RUN.has(name))
    .map((name) => ({ kind: SERVICE_ACCOUNT, metadata: { name, namespace: 'kube-system' } }));
}

/** In the order in which they are made: a binding after its role. */
export function policyObjects(): Content[] {
  const controllers = Object.entries(CONTROLLER_ROLES).map(
    ([name, rules]) => [`system:controller:${name}`, rules] as const,
  );
  return [
    ...Object.keys(AGGREGATED).map(aggregatedRole),
    ...[...Object.entries(CLUSTER_ROLES), ...controllers].map(([name, rules]) => clusterRole(name, rules)),
    ...Object.entries(BINDINGS).map(([name, subjects]) => clusterBinding(name, subjects)),
    ...controllers.map(([name]) =>
      clusterBinding(name, [`ServiceAccount:kube-system/${name.slice('system:controller:'.length)}`]),
    ),
    ...KUBEADM_BINDINGS.map(({ name, role, subject }) => ({
      kind: CLUSTER_ROLE_BINDING,
      metadata: { name },
      roleRef: roleRef('ClusterRole', role),
      subjects: [parseSubject(subject)],
    })),
    ...LOCAL.map(({ namespace, role, rules }) => ({
      kind: ROLE,
      metadata: metadataOf(role, {}, namespace),
      rules: rules.map(parseRule),
    })),
    ...LOCAL.map(({ namespace, role, binding = role, subjects }) => ({
      kind: ROLE_BINDING,
      metadata: metadataOf(binding, {}, namespace),
      roleRef: roleRef('Role', role),
      subjects: subjects.map(parseSubject),
    })),
  ];
}

function aggregatedRole(name: string): Content {
  const part = AGGREGATED[name] ?? '';
  return {
    kind: CLUSTER_ROLE,
    metadata: metadataOf(name, part === '' ? {} : { [`${AGGREGATE}${part}`]: 'true' }),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${AGGREGATE}${name}`]: 'true' } }] },
  };
}

function clusterRole(name: string, rules: readonly string[]): Content {
  const [, part] = /^system:aggregate-to-(.*)$/.exec(name) ?? [];
  const labels = part === undefined ? {} : { [`${AGGREGATE}${part}`]: 'true' };
  return { kind: CLUSTER_ROLE, metadata: metadataOf(name, labels), rules: rules.map(parseRule) };
}

function clusterBinding(name: string, subjects: readonly string[]): Content {
  return {
    kind: CLUSTER_ROLE_BINDING,
    metadata: metadataOf(name, {}),
    roleRef: roleRef('ClusterRole', name),
    ...(subjects.length === 0 ? {} : { subjects: subjects.map(parseSubject) }),
  };
}

function metadataOf(name: string, labels: Readonly<Record<string, string>>, namespace?: string): Content['metadata'] {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  } as Content['metadata'];
}

function roleRef(kind: string, name: string): RoleRef {
  return { apiGroup: GROUP, kind, name };
}

/** `get,list core pods/log [name]`, or `get /healthz /livez`. */
export function parseRule(text: string): PolicyRule {
  const [verbs = '', groups = '', ...rest] = text.split(' ');
  const split = (list: string): string[] => list.split(',');
  if (rest.length === 0 || groups.startsWith('/')) return { nonResourceURLs: [groups, ...rest], verbs: split(verbs) };
  const [resources = '', names] = rest;
  return {
    apiGroups: split(groups).map((group) => (group === 'core' ? '' : group)),
    ...(names === undefined ? {} : { resourceNames: split(names) }),
    resources: split(resources),
    verbs: split(verbs),
  };
}

function parseSubject(text: string): Subject {
  const colon = text.indexOf(':');
  const [kind, name] = [text.slice(0, colon), text.slice(colon + 1)];
  if (kind !== 'ServiceAccount') return { apiGroup: GROUP, kind, name };
  const [namespace = '', account = ''] = name.split('/');
  return { kind, name: account, namespace };
}
