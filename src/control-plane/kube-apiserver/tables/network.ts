// Models printService, printEndpoints and printEndpointSlice.
import type { Endpoints, EndpointSlice, KubeObject, ServicePort, ServiceSpec } from '../../../api/types.gen.ts';
import type { Service } from '../../../api/types.gen.ts';
import type { Printer } from './table.ts';
import { ENDPOINT_SLICE, ENDPOINTS, SERVICE } from '../../../api/kinds/index.ts';
import { asService } from '../resources/service.ts';
import { AGE, ageOf, formatLabels, NAME, NONE, UNSET } from './table.ts';

const servicePrinter: Printer = {
  kind: SERVICE,
  columns: [
    NAME,
    { name: 'Type' },
    { name: 'Cluster-IP' },
    { name: 'External-IP' },
    { name: 'Port(s)' },
    AGE,
    { name: 'Selector', wide: true },
  ],
  cells(object, now) {
    const service = asService(object);
    const spec = service.spec ?? {};
    const clusterIp = spec.clusterIPs?.[0] ?? NONE;
    return [
      service.metadata.name,
      spec.type ?? '',
      spec.type === 'ExternalName' && clusterIp === NONE ? NONE : clusterIp,
      externalIp(service),
      portsText(spec.ports ?? []),
      ageOf(object, now),
      formatLabels(spec.selector),
    ];
  },
};

function externalIp(service: Service): string {
  const spec: ServiceSpec = service.spec ?? {};
  const external = spec.externalIPs ?? [];
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  if (spec.type === 'LoadBalancer') {
    const ingress = (service.status?.loadBalancer?.ingress ?? [])
      .map(({ ip, hostname }) => ip ?? hostname ?? '')
      .filter((text) => text !== '');
    const all = [...ingress, ...external];
    return all.length === 0 ? '<pending>' : all.join(',');
  }
  return external.length === 0 ? NONE : external.join(',');
}

function portsText(ports: readonly ServicePort[]): string {
  if (ports.length === 0) return NONE;
  return ports
    .map(({ port, nodePort = 0, protocol = '' }) =>
      nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
    )
    .join(',');
}

const MAX_ENDPOINTS = 3;

const endpointsPrinter: Printer = {
  kind: ENDPOINTS,
  columns: [NAME, { name: 'Endpoints' }, AGE],
  cells: (object, now) => [object.metadata.name, endpointsText(asEndpoints(object)), ageOf(object, now)],
};

function endpointsText(endpoints: Endpoints): string {
  const subsets = endpoints.subsets ?? [];
  if (subsets.length === 0) return NONE;
  const shown: string[] = [];
  let count = 0;
  const add = (text: string): void => {
    if (shown.length < MAX_ENDPOINTS) shown.push(text);
    count++;
  };
  for (const { addresses = [], ports = [] } of subsets) {
    if (ports.length === 0) for (const { ip } of addresses) add(ip);
    else for (const { port } of ports) for (const { ip } of addresses) add(`${ip}:${port}`);
  }
  const text = shown.join(',');
  return count > shown.length ? `${text} + ${count - shown.length} more...` : text;
}

const endpointSlicePrinter: Printer = {
  kind: ENDPOINT_SLICE,
  columns: [NAME, { name: 'AddressType' }, { name: 'Ports' }, { name: 'Endpoints' }, AGE],
  cells(object, now) {
    const slice = asSlice(object);
    return [
      slice.metadata.name,
      slice.addressType,
      discoveryPorts(slice),
      discoveryEndpoints(slice),
      ageOf(object, now),
    ];
  },
};

/** Models formatDiscoveryPorts: a port that any name stands for is `*`. */
function discoveryPorts(slice: EndpointSlice): string {
  const list = (slice.ports ?? []).map(({ port, name }) =>
    port !== undefined ? String(port) : name !== undefined && name !== '' ? name : '*',
  );
  if (list.length === 0) return UNSET;
  return listWithMore(list);
}

function discoveryEndpoints(slice: EndpointSlice): string {
  const list = (slice.endpoints ?? []).flatMap(({ addresses }) => [...addresses]);
  return list.length === 0 ? UNSET : listWithMore(list);
}

function listWithMore(list: readonly string[]): string {
  const text = list.slice(0, MAX_ENDPOINTS).join(',');
  return list.length > MAX_ENDPOINTS ? `${text} + ${list.length - MAX_ENDPOINTS} more...` : text;
}

export const networkPrinters: readonly Printer[] = [servicePrinter, endpointsPrinter, endpointSlicePrinter];

function asEndpoints(object: KubeObject): Endpoints {
  return object as Endpoints;
}

function asSlice(object: KubeObject): EndpointSlice {
  return object as EndpointSlice;
}
