import type {
  CertificateSigningRequest,
  ClusterRole,
  ConfigMap,
  Deployment,
  Endpoints as EndpointsObject,
  EndpointSlice,
  Event,
  KubeObject,
  Lease,
  Namespace,
  Node,
  Pod,
  PriorityClass,
  ReplicaSet,
  Secret,
  Service,
  ServiceAccount,
} from '../api/types.gen.ts';

/** What a client must know of a kind to call its API: no schema, so that small programs stay small. A scheme Kind satisfies it. */
export interface Resource<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly _type?: T;
}

const core = <T extends KubeObject>(kind: string, plural: string, namespaced = true): Resource<T> => ({
  group: '',
  version: 'v1',
  kind,
  plural,
  namespaced,
});
const inGroup = <T extends KubeObject>(
  group: string,
  kind: string,
  plural: string,
  namespaced = true,
): Resource<T> => ({
  group,
  version: 'v1',
  kind,
  plural,
  namespaced,
});

export const Namespaces = core<Namespace>('Namespace', 'namespaces', false);
export const Nodes = core<Node>('Node', 'nodes', false);
export const Pods = core<Pod>('Pod', 'pods');
export const Services = core<Service>('Service', 'services');
export const Endpoints = core<EndpointsObject>('Endpoints', 'endpoints');
export const EndpointSlices = inGroup<EndpointSlice>('discovery.k8s.io', 'EndpointSlice', 'endpointslices');
export const ConfigMaps = core<ConfigMap>('ConfigMap', 'configmaps');
export const Secrets = core<Secret>('Secret', 'secrets');
export const ServiceAccounts = core<ServiceAccount>('ServiceAccount', 'serviceaccounts');
export const Events = core<Event>('Event', 'events');
export const CertificateSigningRequests = inGroup<CertificateSigningRequest>(
  'certificates.k8s.io',
  'CertificateSigningRequest',
  'certificatesigningrequests',
  false,
);
export const ClusterRoles = inGroup<ClusterRole>('rbac.authorization.k8s.io', 'ClusterRole', 'clusterroles', false);
export const Leases = inGroup<Lease>('coordination.k8s.io', 'Lease', 'leases');
export const PriorityClasses = inGroup<PriorityClass>('scheduling.k8s.io', 'PriorityClass', 'priorityclasses', false);
export const Deployments = inGroup<Deployment>('apps', 'Deployment', 'deployments');
export const ReplicaSets = inGroup<ReplicaSet>('apps', 'ReplicaSet', 'replicasets');

/** `/api/v1/namespaces/default/pods/web-0`, `/apis/apps/v1/deployments`. */
export function pathOf(resource: Resource, namespace?: string, name?: string, subresource?: string): string {
  const base = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
  return `${base}${scope}/${resource.plural}${name === undefined ? '' : `/${name}`}${subresource === undefined ? '' : `/${subresource}`}`;
}
