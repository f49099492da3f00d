import { at, bool, list, nameOf, namespaceOf, num, record, str, stringMap, strings } from '../object.ts';
import type { Context } from '../command.ts';
import type { Obj } from '../server.ts';
import { hasReason } from '../errors.ts';
import { writeEvents } from './events.ts';
import { DescribeWriter, labelLines, LEVEL_0, LEVEL_1, LEVEL_2, LEVEL_3, writeHead } from './writer.ts';
import type { Describer } from './writer.ts';

export const service: Describer = {
  group: '',
  kind: 'Service',
  async describe(context, object, events) {
    const writer = new DescribeWriter();
    const spec = record(object, 'spec');
    const slices = await endpointSlices(context, object);
    writeHead(writer, object);
    const selector = labelLines(stringMap(spec, 'selector')).join(',');
    writer.line(LEVEL_0, 'Selector:', selector === '' ? '<none>' : selector);
    writer.line(LEVEL_0, 'Type:', str(spec, 'type'));
    writeAddresses(writer, object);
    for (const port of list(spec, 'ports')) writePort(writer, port, slices);
    writer.line(LEVEL_0, 'Session Affinity:', str(spec, 'sessionAffinity'));
    if (str(spec, 'externalTrafficPolicy') !== '')
      writer.line(LEVEL_0, 'External Traffic Policy:', str(spec, 'externalTrafficPolicy'));
    if (str(spec, 'internalTrafficPolicy') !== '')
      writer.line(LEVEL_0, 'Internal Traffic Policy:', str(spec, 'internalTrafficPolicy'));
    if ((num(spec, 'healthCheckNodePort') ?? 0) !== 0)
      writer.line(LEVEL_0, 'HealthCheck NodePort:', str(spec, 'healthCheckNodePort'));
    const ranges = strings(spec, 'loadBalancerSourceRanges');
    if (ranges.length > 0) writer.line(LEVEL_0, 'LoadBalancer Source Ranges:', ranges.join(','));
    if (str(spec, 'trafficDistribution') !== '')
      writer.line(LEVEL_0, 'Traffic Distribution:', str(spec, 'trafficDistribution'));
    writeEvents(context, writer, await events(object));
    return writer.finish();
  },
};

function writeAddresses(writer: DescribeWriter, object: Obj): void {
  const spec = record(object, 'spec');
  if (str(spec, 'ipFamilyPolicy') !== '') writer.line(LEVEL_0, 'IP Family Policy:', str(spec, 'ipFamilyPolicy'));
  const families = strings(spec, 'ipFamilies');
  writer.line(LEVEL_0, 'IP Families:', families.length === 0 ? '<none>' : families.join(','));
  writer.line(LEVEL_0, 'IP:', str(spec, 'clusterIP'));
  const ips = strings(spec, 'clusterIPs');
  writer.line(LEVEL_0, 'IPs:', ips.length === 0 ? '<none>' : ips.join(','));
  if (strings(spec, 'externalIPs').length > 0)
    writer.line(LEVEL_0, 'External IPs:', strings(spec, 'externalIPs').join(','));
  if (str(spec, 'loadBalancerIP') !== '') writer.line(LEVEL_0, 'Desired LoadBalancer IP:', str(spec, 'loadBalancerIP'));
  if (str(spec, 'externalName') !== '') writer.line(LEVEL_0, 'External Name:', str(spec, 'externalName'));
  const ingress = list(object, 'status', 'loadBalancer', 'ingress').map((each) =>
    str(each, 'ip') === ''
      ? str(each, 'hostname')
      : `${str(each, 'ip')}${str(each, 'ipMode') === '' ? '' : ` (${str(each, 'ipMode')})`}`,
  );
  if (ingress.length > 0) writer.line(LEVEL_0, 'LoadBalancer Ingress:', ingress.join(', '));
}

function writePort(writer: DescribeWriter, port: Obj, slices: readonly Obj[]): void {
  const name = str(port, 'name') === '' ? '<unset>' : str(port, 'name');
  const protocol = str(port, 'protocol');
  writer.line(LEVEL_0, 'Port:', name, `${str(port, 'port')}/${protocol}`);
  writer.line(LEVEL_0, 'TargetPort:', `${str(port, 'targetPort')}/${protocol}`);
  if (str(port, 'appProtocol') !== '') writer.line(LEVEL_0, 'AppProtocol:', str(port, 'appProtocol'));
  if ((num(port, 'nodePort') ?? 0) !== 0)
    writer.line(LEVEL_0, 'NodePort:', name, `${str(port, 'nodePort')}/${protocol}`);
  writer.line(LEVEL_0, 'Endpoints:', endpointsText(slices, str(port, 'name')));
}

async function endpointSlices(context: Context, object: Obj): Promise<readonly Obj[]> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespaceOf(object)}/endpointslices`;
  try {
    return list(
      await context.server.json('GET', path, {
        query: { labelSelector: `kubernetes.io/service-name=${nameOf(object)}` },
      }),
      'items',
    );
  } catch (error) {
    if (hasReason(error, 'NotFound')) return [];
    throw error;
  }
}

const SHOWN_ENDPOINTS = 3;

/** Models describe.formatEndpointSlices. */
function endpointsText(slices: readonly Obj[], portName: string): string {
  if (slices.length === 0) return '<none>';
  const found = slices.flatMap((slice) =>
    list(slice, 'ports')
      .filter((port) => str(port, 'name') === portName)
      .flatMap((port) =>
        list(slice, 'endpoints')
          .filter((each) => at(each, 'conditions', 'ready') !== false)
          .map((each) => `${strings(each, 'addresses')[0] ?? ''}:${str(port, 'port')}`),
      ),
  );
  const shown = found.slice(0, SHOWN_ENDPOINTS).join(',');
  return found.length > SHOWN_ENDPOINTS ? `${shown} + ${found.length - SHOWN_ENDPOINTS} more...` : shown;
}

export const endpoints: Describer = {
  group: '',
  kind: 'Endpoints',
  async describe(context, object, events) {
    const writer = new DescribeWriter();
    writeHead(writer, object);
    writer.write(LEVEL_0, 'Subsets:\n');
    for (const subset of list(object, 'subsets')) {
      for (const [field, title] of [
        ['addresses', 'Addresses'],
        ['notReadyAddresses', 'NotReadyAddresses'],
      ] as const) {
        const addresses = list(subset, field).map((each) => str(each, 'ip'));
        writer.line(LEVEL_1, `${title}:`, addresses.length === 0 ? '<none>' : addresses.join(','));
      }
      writePortTable(writer, list(subset, 'ports'));
      writer.write(LEVEL_0, '\n');
    }
    writeEvents(context, writer, await events(object));
    return writer.finish();
  },
};

function writePortTable(writer: DescribeWriter, ports: readonly Obj[]): void {
  if (ports.length === 0) return;
  writer.write(LEVEL_1, 'Ports:\n');
  writer.write(LEVEL_2, 'Name\tPort\tProtocol\n');
  writer.write(LEVEL_2, '----\t----\t--------\n');
  for (const port of ports)
    writer.line(LEVEL_2, str(port, 'name') || '<unset>', str(port, 'port'), str(port, 'protocol'));
}

export const endpointSlice: Describer = {
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  async describe(context, object, events) {
    const writer = new DescribeWriter();
    writeHead(writer, object);
    writer.line(LEVEL_0, 'AddressType:', str(object, 'addressType'));
    const ports = list(object, 'ports');
    if (ports.length === 0) writer.write(LEVEL_0, 'Ports: <unset>\n');
    else {
      writer.write(LEVEL_0, 'Ports:\n');
      writer.write(LEVEL_1, 'Name\tPort\tProtocol\n');
      writer.write(LEVEL_1, '----\t----\t--------\n');
      for (const port of ports)
        writer.line(LEVEL_1, str(port, 'name') || '<unset>', str(port, 'port') || '<unset>', str(port, 'protocol'));
    }
    const members = list(object, 'endpoints');
    writer.write(LEVEL_0, members.length === 0 ? 'Endpoints: <none>\n' : 'Endpoints:\n');
    for (const each of members) writeEndpoint(writer, each);
    writeEvents(context, writer, await events(object));
    return writer.finish();
  },
};

function writeEndpoint(writer: DescribeWriter, each: Obj): void {
  writer.line(LEVEL_1, '- Addresses:', strings(each, 'addresses').join(', '));
  writer.write(LEVEL_2, 'Conditions:\n');
  writer.line(
    LEVEL_3,
    'Ready:',
    at(each, 'conditions', 'ready') === undefined ? '<unset>' : String(bool(each, 'conditions', 'ready')),
  );
  writer.line(LEVEL_2, 'Hostname:', str(each, 'hostname') || '<unset>');
  if (at(each, 'targetRef') !== undefined)
    writer.line(LEVEL_2, 'TargetRef:', `${str(each, 'targetRef', 'kind')}/${str(each, 'targetRef', 'name')}`);
  writer.line(LEVEL_2, 'NodeName:', str(each, 'nodeName') || '<unset>');
  writer.line(LEVEL_2, 'Zone:', str(each, 'zone') || '<unset>');
}
