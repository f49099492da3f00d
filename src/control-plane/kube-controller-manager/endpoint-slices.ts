// Models k8s.io/endpointslice/reconciler.go: what the slices of a Service should hold, with as few writes as possible.
import { controllerReference } from '../../api/owner-references.ts';
import { isPodReady } from '../../api/pods.ts';
import type { DiscoveryEndpointPort, Endpoint, EndpointSlice, Pod, Service } from '../../api/types.gen.ts';
import { EndpointSlices, Nodes } from '../../client/resources.ts';
import { deepEqual, stableStringify } from '../../lib/json.ts';
import { sortedStrings } from '../../lib/order.ts';
import type { Cache } from './cache.ts';
import type { Write } from './controller.ts';
import { isGone, isNamespaceTerminating } from './refusals.ts';
import {
  HEADLESS,
  LAST_CHANGE_TRIGGER_TIME,
  endpointHostname,
  findPort,
  hasEndpoint,
  isHeadless,
  podIp,
} from './service-pods.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
export const MANAGED_BY = 'endpointslice-controller.k8s.io';
const MAX_ENDPOINTS = 100;
const ZONE = 'topology.kubernetes.io/zone';

/** Endpoints that share their ports, under the key of those. */
interface Group {
  readonly ports: readonly DiscoveryEndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}

interface Changes {
  readonly create: Omit<EndpointSlice, 'metadata' | 'apiVersion' | 'kind'>[];
  readonly update: EndpointSlice[];
  readonly remove: EndpointSlice[];
}

export function planSlices(
  service: Service,
  pods: readonly Pod[],
  existing: readonly EndpointSlice[],
  cache: Cache,
  trigger: string | undefined,
): readonly Write[] {
  const groups = desired(service, pods, cache);
  const changes: Changes = { create: [], update: [], remove: [] };
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of existing) {
    const key = portsKey(slice.ports ?? []);
    const usable = slice.addressType === 'IPv4' && groups.has(key);
    if (usable) byPorts.set(key, [...(byPorts.get(key) ?? []), slice]);
    else changes.remove.push(slice);
  }
  for (const key of sortedStrings(groups.keys())) {
    const group = groups.get(key);
    if (group !== undefined) fillGroup(service, group, byPorts.get(key) ?? [], changes);
  }
  keepOne(service, groups, existing, changes);
  return writesFor(service, changes, trigger);
}

function desired(service: Service, pods: readonly Pod[], cache: Cache): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    if (!hasEndpoint(pod, true)) continue;
    const ports = portsOf(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    const endpoint = endpointOf(service, pod, cache);
    group.endpoints.set(identityOf(endpoint), endpoint);
    groups.set(key, group);
  }
  return groups;
}

function endpointOf(service: Service, pod: Pod, cache: Cache): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { name, namespace, uid } = pod.metadata;
  const { nodeName } = pod.spec;
  const zone = nodeName === undefined ? undefined : cache.get(Nodes, nodeName)?.metadata.labels?.[ZONE];
  const hostname = endpointHostname(pod, service);
  return {
    addresses: [podIp(pod)],
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: {
      kind: 'Pod',
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
    ...(zone === undefined ? {} : { zone }),
  };
}

function portsOf(service: Service, pod: Pod): readonly DiscoveryEndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = findPort(pod, port);
    if (number === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return [{ name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

function portsKey(ports: readonly DiscoveryEndpointPort[]): string {
  return sortedStrings(ports.map((port) => stableStringify(port))).join();
}

/** Addresses and target: what makes two endpoints one. */
function identityOf({ addresses, targetRef, hostname }: Endpoint): string {
  return stableStringify([addresses, targetRef?.namespace, targetRef?.name, hostname]);
}

/** Brings the existing slices of one set of ports up to date, then places what is new: in slices that change anyway, in one with room, in new ones. */
function fillGroup(service: Service, group: Group, slices: readonly EndpointSlice[], changes: Changes): void {
  const left = new Map(group.endpoints);
  const changed: EndpointSlice[] = [];
  const unchanged: EndpointSlice[] = [];
  for (const slice of slices) {
    const kept = (slice.endpoints ?? []).flatMap((endpoint) => {
      const id = identityOf(endpoint);
      const wanted = left.get(id);
      left.delete(id);
      return wanted === undefined ? [] : [wanted];
    });
    if (deepEqual(kept, slice.endpoints ?? []) && hasLabels(service, slice)) unchanged.push(slice);
    else if (kept.length === 0 && slices.length > 0) changes.remove.push(slice);
    else changed.push({ ...slice, endpoints: kept });
  }
  const rest = [...left.values()];
  if (rest.length > 0 && changed.length === 0) {
    const fits = unchanged.filter((slice) => (slice.endpoints?.length ?? 0) + rest.length <= MAX_ENDPOINTS);
    const fullest = fits.reduce<EndpointSlice | undefined>(
      (best, slice) => ((slice.endpoints?.length ?? 0) > (best?.endpoints?.length ?? -1) ? slice : best),
      undefined,
    );
    if (fullest !== undefined) changed.push(fullest);
  }
  changed.sort((a, b) => (b.endpoints?.length ?? 0) - (a.endpoints?.length ?? 0));
  for (const slice of changed) {
    const room = Math.max(0, MAX_ENDPOINTS - (slice.endpoints?.length ?? 0));
    changes.update.push({ ...slice, endpoints: [...(slice.endpoints ?? []), ...rest.splice(0, room)] });
  }
  while (rest.length > 0) {
    changes.create.push({ addressType: 'IPv4', endpoints: rest.splice(0, MAX_ENDPOINTS), ports: group.ports });
  }
}

/** A Service without endpoints has one empty slice, and a slice to remove is better used for one to make. */
function keepOne(
  service: Service,
  groups: ReadonlyMap<string, Group>,
  existing: readonly EndpointSlice[],
  changes: Changes,
): void {
  const leftOver = existing.length - changes.remove.length + changes.create.length;
  const kept = changes.remove[0];
  if (groups.size === 0 && leftOver === 0) {
    if (kept === undefined || !isPlaceholder(kept)) changes.create.push({ addressType: 'IPv4', endpoints: [] });
    else {
      changes.remove.shift();
      if (!hasLabels(service, kept)) changes.update.push(kept);
    }
  }
  while (changes.create.length > 0 && changes.remove.length > 0) {
    const made = changes.create.shift();
    const reused = changes.remove.shift();
    if (made === undefined || reused === undefined) return;
    const { ports: _ports, ...slice } = reused;
    changes.update.push({ ...slice, ...made });
  }
}

function isPlaceholder(slice: EndpointSlice): boolean {
  return (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0 && slice.addressType === 'IPv4';
}

function labelsOf(service: Service): Readonly<Record<string, string>> {
  const { [HEADLESS]: _headless, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
    [SERVICE_NAME]: service.metadata.name,
    [MANAGED_BY_LABEL]: MANAGED_BY,
  };
}

function hasLabels(service: Service, slice: EndpointSlice): boolean {
  return deepEqual(slice.metadata.labels ?? {}, labelsOf(service));
}

function writesFor(service: Service, changes: Changes, trigger: string | undefined): readonly Write[] {
  const labels = labelsOf(service);
  const { name, namespace } = service.metadata;
  const scope = namespace === undefined ? {} : { namespace };
  const triggered: Readonly<Record<string, string>> =
    trigger === undefined ? {} : { [LAST_CHANGE_TRIGGER_TIME]: trigger };
  const failed = (verb: string) => ({
    refused: (error: Error): readonly Write[] => [
      {
        do: 'event',
        about: service,
        type: 'Warning',
        reason: 'FailedToUpdateEndpointSlices',
        message: `Error updating Endpoint Slices for Service ${namespace ?? ''}/${name}: failed to ${verb} EndpointSlice for Service ${namespace ?? ''}/${name}: ${error.message}`,
      },
    ],
  });
  return [
    ...changes.create.map((slice): Write => {
      const object: EndpointSlice = {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: '',
          generateName: `${name}-`,
          ...scope,
          labels,
          annotations: triggered,
          ownerReferences: [controllerReference(service)],
        },
        ...slice,
      };
      return { do: 'create', resource: EndpointSlices, object, accepts: isNamespaceTerminating, ...failed('create') };
    }),
    ...changes.update.map((slice): Write => {
      const { [LAST_CHANGE_TRIGGER_TIME]: _old, ...annotations } = slice.metadata.annotations ?? {};
      const metadata = { ...slice.metadata, labels, annotations: { ...annotations, ...triggered } };
      return { do: 'update', resource: EndpointSlices, object: withMetadata(slice, metadata), ...failed('update') };
    }),
    ...changes.remove.map((slice): Write => {
      const options = slice.metadata.uid === undefined ? {} : { uid: slice.metadata.uid };
      return { do: 'delete', resource: EndpointSlices, name: slice.metadata.name, ...scope, options, accepts: isGone };
    }),
  ];
}

function withMetadata(slice: EndpointSlice, metadata: EndpointSlice['metadata']): EndpointSlice {
  return { ...slice, metadata };
}
