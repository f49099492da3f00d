import type { Kind, Subresource } from '../../../api/kind.ts';
import type { Server } from '../server.ts';
import { REVIEW_KINDS } from '../../../api/kinds/index.ts';
import { apiVersionOf } from '../../../api/scheme.ts';
import { sortBy } from '../../../lib/order.ts';

/** Groups in upstream's order of priority. */
const GROUP_ORDER = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'flowcontrol.apiserver.k8s.io',
];

function kindsOf(server: Server): readonly Kind[] {
  return [...server.resources.map(({ kind }) => kind), ...REVIEW_KINDS];
}

/** The groups served under /apis, by priority. */
export function groupsOf(server: Server): readonly string[] {
  const groups = [...new Set(kindsOf(server).map(({ group }) => group))].filter((group) => group !== '');
  return sortBy(
    groups,
    (group) => (GROUP_ORDER.includes(group) ? GROUP_ORDER.indexOf(group) : GROUP_ORDER.length),
    (group) => group,
  );
}

export function servesGroupVersion(server: Server, group: string, version: string): boolean {
  return (
    server.resources.some(({ kind }) => kind.group === group && kind.version === version) ||
    REVIEW_KINDS.some((kind) => kind.group === group && kind.version === version)
  );
}

function kindsIn(server: Server, group: string, version: string): readonly Kind[] {
  return sortBy(
    kindsOf(server).filter((kind) => kind.group === group && kind.version === version),
    ({ plural }) => plural,
  );
}

export function apiVersions(server: Server): object {
  const { advertiseAddress, securePort } = server.options;
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: `${advertiseAddress}:${securePort}` }],
  };
}

export function apiGroup(group: string, versions: readonly string[] = ['v1']): object {
  const named = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: named, preferredVersion: named[0] };
}

export function apiGroupList(server: Server): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(server).map((group) => apiGroup(group)) };
}

export function apiResourceList(server: Server, group: string, version: string): object {
  const resources = kindsIn(server, group, version).flatMap((kind) => [
    resourceEntry(kind),
    ...sortBy(kind.subresources, ({ name }) => name).map((subresource) => subresourceEntry(kind, subresource)),
  ]);
  const binding = { name: 'bindings', singularName: 'binding', namespaced: true, kind: 'Binding', verbs: ['create'] };
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: group === '' ? [binding, ...resources] : resources,
  };
}

function resourceEntry(kind: Kind): object {
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(kind.storageVersionHash === '' ? {} : { storageVersionHash: kind.storageVersionHash }),
  };
}

function subresourceEntry(kind: Kind, subresource: Subresource): object {
  return {
    name: `${kind.plural}/${subresource.name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(subresource.group === undefined ? {} : { group: subresource.group, version: subresource.version }),
    kind: subresource.kind,
    verbs: subresource.verbs,
  };
}

/** Aggregated discovery: everything of some groups at once. */
export function groupDiscoveryList(server: Server, groups: readonly string[]): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? {} : { name: group },
      versions: [{ version: 'v1', resources: discoveryResources(server, group), freshness: 'Current' }],
    })),
  };
}

function discoveryResources(server: Server, group: string): readonly object[] {
  const resources = kindsIn(server, group, 'v1').map(resourceDiscovery);
  if (group !== '') return resources;
  const binding = {
    resource: 'bindings',
    responseKind: { group: '', version: '', kind: 'Binding' },
    scope: 'Namespaced',
    singularResource: 'binding',
    verbs: ['create'],
  };
  return [binding, ...resources];
}

function resourceDiscovery(kind: Kind): object {
  return {
    resource: kind.plural,
    responseKind: { group: '', version: '', kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(kind.subresources.length === 0
      ? {}
      : { subresources: sortBy(kind.subresources, ({ name }) => name).map(subresourceDiscovery) }),
  };
}

function subresourceDiscovery({ name, group = '', version = '', kind, verbs }: Subresource): object {
  return { subresource: name, responseKind: { group, version, kind }, verbs };
}
