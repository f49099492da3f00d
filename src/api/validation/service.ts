// Models ValidateService and ValidateServiceUpdate of pkg/apis/core/validation.
import { deepEqual } from '../../lib/json.ts';
import { SERVICE } from '../kinds/service.ts';
import { dns1123Label, dns1123Subdomain, portNumber } from '../names.ts';
import type { Service, ServicePort, ServiceSpec } from '../types.gen.ts';
import type { FieldErrors } from './field.ts';
import { complaints, duplicate, forbiddenField, invalid, notInSet, notSupported, required } from './field.ts';
import { goDump } from './go-dump.ts';
import { isCidr, isIP, isIPv4, isIPv6 } from './ip.ts';
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './metadata.ts';
import { validatePortNumberOrName } from './probes.ts';

const TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'];
const IP_TEXT = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const MAX_AFFINITY_SECONDS = 86400;

export function isHeadless(spec: ServiceSpec): boolean {
  return spec.clusterIPs?.[0] === 'None' || spec.clusterIP === 'None';
}

export function validateService(service: Service): FieldErrors {
  return [...validateObjectMeta(SERVICE, service), ...validateServiceSpec(service.spec)];
}

export function validateServiceUpdate(next: Service, old: Service): FieldErrors {
  return [
    ...validateObjectMetaUpdate(next, old),
    ...validateClusterIPUpdate(next.spec, old.spec),
    ...validateServiceSpec(next.spec),
  ];
}

function validateServiceSpec(spec: ServiceSpec): FieldErrors {
  const errors: FieldErrors = [];
  const { type = '', ports = [] } = spec;
  if (ports.length === 0 && !isHeadless(spec) && type !== 'ExternalName') errors.push(required('spec.ports'));
  errors.push(...validateByType(spec));
  errors.push(...validatePorts(spec, ports));
  errors.push(...validateLabels(spec.selector, 'spec.selector'));
  errors.push(...validateAffinity(spec));
  if (type === '') errors.push(required('spec.type'));
  else if (!TYPES.includes(type)) errors.push(notInSet('spec.type', type, TYPES));
  (spec.externalIPs ?? []).forEach((ip, i) => {
    if (!isIP(ip)) errors.push(invalid(`spec.externalIPs[${i}]`, ip, IP_TEXT));
  });
  errors.push(...validateLoadBalancer(spec));
  errors.push(...validateTraffic(spec));
  return [...errors, ...validateClusterIPs(spec)];
}

function validateByType(spec: ServiceSpec): FieldErrors {
  if ((spec.type === 'NodePort' || spec.type === 'LoadBalancer') && isHeadless(spec)) {
    return [invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)];
  }
  if (spec.type !== 'ExternalName') return [];
  const errors: FieldErrors = [];
  if ((spec.clusterIPs ?? []).length > 0) {
    errors.push(forbiddenField('spec.clusterIPs', 'may not be set for ExternalName services'));
  }
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.push(required('spec.externalName'));
  else errors.push(...complaints('spec.externalName', spec.externalName, dns1123Subdomain(name)));
  return errors;
}

function validatePorts(spec: ServiceSpec, ports: readonly ServicePort[]): FieldErrors {
  const errors: FieldErrors = [];
  const names = new Set<string>();
  ports.forEach((port, i) => errors.push(...validatePort(port, ports.length > 1, names, `spec.ports[${i}]`)));
  const nodePorts = new Set<string>();
  const seen = new Set<string>();
  ports.forEach((port, i) => {
    const at = `spec.ports[${i}]`;
    const { protocol = '', nodePort = 0 } = port;
    if (nodePort !== 0) {
      if (spec.type === 'ClusterIP') {
        errors.push(forbiddenField(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
      }
      if (nodePorts.has(`${protocol}/${nodePort}`)) errors.push(duplicate(`${at}.nodePort`, nodePort));
      nodePorts.add(`${protocol}/${nodePort}`);
    }
    const key = `${protocol}/${port.port}`;
    if (seen.has(key)) errors.push(duplicate(at, goDump('ServicePort', { protocol, port: port.port, targetPort: 0 })));
    seen.add(key);
  });
  return errors;
}

function validatePort(port: ServicePort, named: boolean, names: Set<string>, path: string): FieldErrors {
  const errors: FieldErrors = [];
  const { name = '', protocol = '' } = port;
  if (name === '') {
    if (named) errors.push(required(`${path}.name`));
  } else {
    errors.push(...complaints(`${path}.name`, name, dns1123Label(name)));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
  }
  errors.push(...complaints(`${path}.port`, port.port, portNumber(port.port)));
  if (protocol === '') errors.push(required(`${path}.protocol`));
  else if (!['TCP', 'UDP', 'SCTP'].includes(protocol)) {
    errors.push(notInSet(`${path}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']));
  }
  const target = validatePortNumberOrName(port.targetPort, `${path}.targetPort`);
  return port.targetPort === port.port ? errors : [...errors, ...target];
}

function validateAffinity(spec: ServiceSpec): FieldErrors {
  const affinity = spec.sessionAffinity ?? '';
  if (affinity === '') return [required('spec.sessionAffinity')];
  if (affinity !== 'ClientIP' && affinity !== 'None') {
    return [notInSet('spec.sessionAffinity', affinity, ['ClientIP', 'None'])];
  }
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (affinity !== 'ClientIP' || seconds === undefined || (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS)) return [];
  return [
    invalid(
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
      seconds,
      `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
    ),
  ];
}

function validateLoadBalancer(spec: ServiceSpec): FieldErrors {
  const errors: FieldErrors = [];
  const path = 'spec.LoadBalancerSourceRanges';
  if ((spec.loadBalancerSourceRanges ?? []).length > 0) {
    if (spec.type !== 'LoadBalancer') {
      errors.push(forbiddenField(path, "may only be used when `type` is 'LoadBalancer'"));
    }
    spec.loadBalancerSourceRanges?.forEach((text, i) => {
      if (!isCidr(text.trim())) {
        errors.push(invalid(`${path}[${i}]`, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'));
      }
    });
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && spec.type !== 'LoadBalancer') {
    errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'"));
  }
  if (spec.loadBalancerClass !== undefined && spec.type !== 'LoadBalancer') {
    errors.push(forbiddenField('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'"));
  }
  return errors;
}

function validateTraffic(spec: ServiceSpec): FieldErrors {
  const errors: FieldErrors = [];
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs ?? []).length > 0;
  const policy = spec.externalTrafficPolicy;
  if (policy !== undefined) {
    if (!external) {
      errors.push(invalid('spec.externalTrafficPolicy', policy, 'may only be set for externally-accessible services'));
    } else if (policy !== 'Cluster' && policy !== 'Local') {
      errors.push(notSupported('spec.externalTrafficPolicy', policy, ['Cluster', 'Local']));
    }
  } else if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') {
    errors.push(required('spec.externalTrafficPolicy'));
  }
  const health = spec.healthCheckNodePort ?? 0;
  if (health !== 0 && !(spec.type === 'LoadBalancer' && policy === 'Local')) {
    errors.push(
      invalid(
        'spec.healthCheckNodePort',
        health,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  }
  const internal = spec.internalTrafficPolicy;
  if (internal === undefined && ['ClusterIP', 'NodePort', 'LoadBalancer'].includes(spec.type ?? '')) {
    errors.push(required('spec.internalTrafficPolicy'));
  } else if (internal !== undefined && internal !== 'Cluster' && internal !== 'Local') {
    errors.push(notSupported('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']));
  }
  const distribution = spec.trafficDistribution;
  const known = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
  if (distribution !== undefined && !known.includes(distribution)) {
    errors.push(notSupported('spec.trafficDistribution', distribution, known));
  }
  return errors;
}

const POLICIES = ['SingleStack', 'PreferDualStack', 'RequireDualStack'];

function validateClusterIPs(spec: ServiceSpec): FieldErrors {
  const errors: FieldErrors = [];
  const { ipFamilies = [], clusterIPs = [], ipFamilyPolicy } = spec;
  if (spec.type === 'ExternalName') {
    if (ipFamilies.length > 0)
      errors.push(forbiddenField('spec.ipFamilies', 'may not be set for ExternalName services'));
    if (ipFamilyPolicy !== undefined) {
      errors.push(forbiddenField('spec.ipFamilyPolicy', 'may not be set for ExternalName services'));
    }
    return errors;
  }
  if (ipFamilyPolicy !== undefined && !POLICIES.includes(ipFamilyPolicy)) {
    errors.push(notInSet('spec.ipFamilyPolicy', ipFamilyPolicy, POLICIES));
  }
  const seen = new Set<string>();
  ipFamilies.forEach((family, i) => {
    if (family !== 'IPv4' && family !== 'IPv6')
      errors.push(notSupported(`spec.ipFamilies[${i}]`, family, ['IPv4', 'IPv6']));
    if (seen.has(family)) errors.push(duplicate(`spec.ipFamilies[${i}]`, family));
    seen.add(family);
  });
  errors.push(...validateClusterIPList(spec.clusterIP ?? '', clusterIPs));
  clusterIPs.forEach((ip, i) => {
    if (ip === 'None' || ip === '') return;
    const family = ipFamilies[i];
    if (!isIP(ip)) errors.push(invalid(`spec.clusterIPs[${i}]`, ip, IP_TEXT));
    else if (family !== undefined && (family === 'IPv4') !== isIPv4(ip) && (family === 'IPv6') !== isIPv6(ip)) {
      errors.push(
        invalid(`spec.clusterIPs[${i}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``),
      );
    }
  });
  return errors;
}

/** The list and the old single field tell the same story. */
function validateClusterIPList(clusterIP: string, clusterIPs: readonly string[]): FieldErrors {
  const path = 'spec.clusterIPs';
  const errors: FieldErrors = [];
  if (clusterIP === '' && clusterIPs.length > 0) {
    errors.push(invalid(path, clusterIPs, 'must be empty when `clusterIP` is not specified'));
  } else if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(invalid(path, clusterIPs, 'first value must match `clusterIP`'));
  }
  if (clusterIPs.length > 1 && clusterIPs.includes('None')) {
    errors.push(invalid(path, clusterIPs, "'None' must be the first and only value"));
  }
  if (clusterIPs.length > 2) errors.push(invalid(path, clusterIPs, 'may only hold up to 2 values'));
  return errors;
}

/** An address once given stays, as long as the service has one at all. */
function validateClusterIPUpdate(next: ServiceSpec, old: ServiceSpec): FieldErrors {
  if (next.type === 'ExternalName' || old.type === 'ExternalName') return [];
  const before = old.clusterIPs ?? [];
  const after = next.clusterIPs ?? [];
  const errors: FieldErrors = [];
  if ((before[0] ?? '') !== '' && !deepEqual(before[0], after[0])) {
    errors.push(invalid('spec.clusterIPs[0]', after, 'may not change once set'));
  }
  const family = old.ipFamilies?.[0];
  if (
    family !== undefined &&
    next.ipFamilies?.[0] !== undefined &&
    next.ipFamilies[0] !== family &&
    errors.length > 0
  ) {
    errors.push(invalid('spec.ipFamilies[0]', next.ipFamilies, 'may not change once set'));
  }
  return errors;
}

/** What the allocator of a cluster with IPv4 alone says of the families asked for. */
export function validateFamilies(spec: ServiceSpec): FieldErrors {
  if (spec.type === 'ExternalName' || isHeadless(spec)) return [];
  return (spec.ipFamilies ?? []).flatMap((family, i) =>
    family === 'IPv6' && (i === 0 || spec.ipFamilyPolicy !== 'PreferDualStack')
      ? [invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster')]
      : [],
  );
}
