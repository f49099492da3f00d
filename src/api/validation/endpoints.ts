// Models the rules for Endpoints and EndpointSlices.
import { ENDPOINT_SLICE } from '../kinds/endpoint-slice.ts';
import { ENDPOINTS } from '../kinds/endpoints.ts';
import { dns1123Label, dns1123Subdomain, portNumber } from '../names.ts';
import type { EndpointAddress, EndpointSlice, EndpointSubset, Endpoints } from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, duplicate, IMMUTABLE, invalid, notInSet, required, tooMany } from './field.ts';
import { isIP, isIPv4, isIPv6 } from './ip.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './metadata.ts';

const IP_TEXT = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;

export function validateEndpoints(endpoints: Endpoints): FieldErrors {
  return [...validateObjectMeta(ENDPOINTS, endpoints), ...validateSubsets(endpoints.subsets ?? [])];
}

export function validateEndpointsUpdate(next: Endpoints, old: Endpoints): FieldErrors {
  return [...validateObjectMetaUpdate(next, old), ...validateSubsets(next.subsets ?? [])];
}

function validateSubsets(subsets: readonly EndpointSubset[]): FieldErrors {
  return subsets.flatMap((subset, i) => {
    const at = `subsets[${i}]`;
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
    const errors: FieldErrors = [];
    if (addresses.length + notReadyAddresses.length === 0) {
      errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
    }
    addresses.forEach((address, j) => errors.push(...validateAddress(address, `${at}.addresses[${j}]`)));
    notReadyAddresses.forEach((address, j) =>
      errors.push(...validateAddress(address, `${at}.notReadyAddresses[${j}]`)),
    );
    ports.forEach((port, j) => {
      const place = `${at}.ports[${j}]`;
      if ((port.name ?? '') === '') {
        if (ports.length > 1) errors.push(required(`${place}.name`));
      } else errors.push(...complaints(`${place}.name`, port.name, dns1123Label(port.name ?? '')));
      errors.push(...complaints(`${place}.port`, port.port, portNumber(port.port)));
      if (!PROTOCOLS.includes(port.protocol ?? ''))
        errors.push(notInSet(`${place}.protocol`, port.protocol ?? '', PROTOCOLS));
    });
    return errors;
  });
}

function validateAddress(address: EndpointAddress, path: string): FieldErrors {
  const errors = isIP(address.ip)
    ? validateReachable(address.ip, `${path}.ip`)
    : [invalid(`${path}.ip`, address.ip, IP_TEXT)];
  if ((address.hostname ?? '') !== '') {
    errors.push(...complaints(`${path}.hostname`, address.hostname, dns1123Label(address.hostname ?? '')));
  }
  if (address.nodeName !== undefined) {
    errors.push(...complaints(`${path}.nodeName`, address.nodeName, dns1123Subdomain(address.nodeName)));
  }
  return errors;
}

/** Addresses that mean something else on every machine are no endpoints. */
function validateReachable(ip: string, path: string): FieldErrors {
  if (ip === '0.0.0.0' || ip === '::') return [invalid(path, ip, `may not be unspecified (${ip})`)];
  if (ip.startsWith('127.') || ip === '::1') {
    return [invalid(path, ip, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
  }
  if (ip.startsWith('169.254.') || /^fe[89ab]/i.test(ip)) {
    return [invalid(path, ip, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')];
  }
  return ip.startsWith('224.0.0.')
    ? [invalid(path, ip, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')]
    : [];
}

export function validateEndpointSlice(slice: EndpointSlice): FieldErrors {
  return [...validateObjectMeta(ENDPOINT_SLICE, slice), ...validateSlice(slice)];
}

export function validateEndpointSliceUpdate(next: EndpointSlice, old: EndpointSlice): FieldErrors {
  const errors = validateObjectMetaUpdate(next, old);
  if (next.addressType !== old.addressType) errors.push(invalid('addressType', next.addressType, IMMUTABLE));
  return [...errors, ...validateSlice(next)];
}

function validateSlice(slice: EndpointSlice): FieldErrors {
  const errors: FieldErrors = [];
  const { addressType } = slice;
  if (addressType === '') errors.push(required('addressType'));
  else if (!['FQDN', 'IPv4', 'IPv6'].includes(addressType)) {
    errors.push(notInSet('addressType', addressType, ['FQDN', 'IPv4', 'IPv6']));
  }
  const endpoints = slice.endpoints ?? [];
  if (endpoints.length > MAX_ENDPOINTS) errors.push(tooMany('endpoints', endpoints.length, MAX_ENDPOINTS));
  endpoints.forEach((endpoint, i) => {
    const at = `endpoints[${i}].addresses`;
    const addresses = endpoint.addresses ?? [];
    if (addresses.length === 0) errors.push(required(at, 'must contain at least 1 address'));
    if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(at, addresses.length, MAX_ADDRESSES));
    addresses.forEach((address, j) => {
      if (addressType === 'IPv4' && !isIPv4(address)) {
        errors.push(invalid(`${at}[${j}]`, address, 'must be a valid IPv4 address'));
      } else if (addressType === 'IPv6' && !isIPv6(address)) {
        errors.push(invalid(`${at}[${j}]`, address, 'must be a valid IPv6 address'));
      } else if (addressType === 'FQDN') errors.push(...complaints(`${at}[${j}]`, address, dns1123Subdomain(address)));
    });
  });
  const ports = slice.ports ?? [];
  if (ports.length > MAX_PORTS) errors.push(tooMany('ports', ports.length, MAX_PORTS));
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const { name = '', protocol = '' } = port;
    if (name !== '') errors.push(...complaints(`ports[${i}].name`, name, dns1123Label(name)));
    if (names.has(name)) errors.push(duplicate(`ports[${i}].name`, name));
    names.add(name);
    if (!PROTOCOLS.includes(protocol)) errors.push(notInSet(`ports[${i}].protocol`, protocol, PROTOCOLS));
  });
  return errors;
}
