import type { EndpointSlice, Service } from '../../api/types.gen.ts';
import { compareStrings, sortBy } from '../../lib/order.ts';

/** One port of a Service with the endpoints that serve it, as seen from one node. */
export interface ServicePort {
  /** `default/web:http`, or `default/web` when the port has no name. */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly clusterIps: readonly string[];
  readonly port: number;
  readonly nodePort: number | undefined;
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  /** `ip:port`, sorted; the ready ones, or those that still serve while terminating when none is ready. */
  readonly endpoints: readonly string[];
  /** Those of `endpoints` on this node. */
  readonly localEndpoints: readonly string[];
}

export interface EndpointAddress {
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly local: boolean;
}

/** Every port of every Service that has an address, by name (Models pkg/proxy/{servicechangetracker,topology}.go). */
export function servicePorts(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  node: string,
): ServicePort[] {
  const slicesOf = groupSlices(slices);
  const ports = services.flatMap((service) => portsOf(service, slicesOf.get(keyOf(service)) ?? [], node));
  return sortBy(
    ports,
    (port) => port.name,
    (port) => port.protocol,
  );
}

const keyOf = (service: Service) => `${service.metadata.namespace ?? ''}/${service.metadata.name}`;

function groupSlices(slices: readonly EndpointSlice[]): Map<string, EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const service = slice.metadata.labels?.['kubernetes.io/service-name'];
    if (service === undefined) continue;
    const key = `${slice.metadata.namespace ?? ''}/${service}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [slice]);
    else group.push(slice);
  }
  return groups;
}

function portsOf(service: Service, slices: readonly EndpointSlice[], node: string): ServicePort[] {
  const { spec } = service;
  const clusterIp = spec.clusterIP ?? '';
  if (spec.type === 'ExternalName' || clusterIp === '' || clusterIp === 'None') return [];
  if (service.metadata.labels?.['service.kubernetes.io/service-proxy-name'] !== undefined) return [];
  return (spec.ports ?? []).map((port): ServicePort => {
    const protocol = lowerProtocol(port.protocol);
    const addresses = chosen(addressesOf(slices, port.name ?? '', protocol, node));
    return {
      name: (port.name ?? '') === '' ? keyOf(service) : `${keyOf(service)}:${port.name ?? ''}`,
      protocol,
      clusterIps: (spec.clusterIPs ?? [clusterIp]).filter((ip) => !ip.includes(':')),
      port: port.port,
      nodePort: spec.type === 'NodePort' || spec.type === 'LoadBalancer' ? port.nodePort : undefined,
      externalIps: spec.externalIPs ?? [],
      loadBalancerIps: (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) =>
        ip === undefined || ipMode === 'Proxy' ? [] : [ip],
      ),
      internalLocal: spec.internalTrafficPolicy === 'Local',
      externalLocal: spec.externalTrafficPolicy === 'Local',
      endpoints: addresses.map(({ address }) => address),
      localEndpoints: addresses.filter(({ local }) => local).map(({ address }) => address),
    };
  });
}

function lowerProtocol(protocol: string | undefined): 'tcp' | 'udp' | 'sctp' {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp';
}

function addressesOf(
  slices: readonly EndpointSlice[],
  portName: string,
  protocol: string,
  node: string,
): EndpointAddress[] {
  const found = new Map<string, EndpointAddress>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    const port = slice.ports?.find(
      (candidate) => (candidate.name ?? '') === portName && lowerProtocol(candidate.protocol) === protocol,
    );
    if (port?.port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses[0];
      if (ip === undefined) continue;
      const address = `${ip}:${port.port}`;
      const ready = endpoint.conditions?.ready ?? true;
      const serving = endpoint.conditions?.serving ?? ready;
      const before = found.get(address);
      if (before === undefined || (ready && !before.ready))
        found.set(address, { address, ready, serving, local: endpoint.nodeName === node });
    }
  }
  return [...found.values()].sort((a, b) => compareStrings(a.address, b.address));
}

function chosen(all: readonly EndpointAddress[]): readonly EndpointAddress[] {
  const ready = all.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : all.filter((endpoint) => endpoint.serving);
}
