// Models pkg/registry/core/service/strategy.go; addresses and node ports are given out by the API server itself.
import type { Mutable } from '../defaults/mutable.ts';
import { defaultService } from '../defaults/service.ts';
import type { Service, ServiceSpec } from '../types.gen.ts';
import { isHeadless, validateFamilies, validateService, validateServiceUpdate } from '../validation/service.ts';
import { isIPv6 } from '../validation/ip.ts';
import { defineStrategy } from './strategy.ts';

type Spec = Mutable<ServiceSpec>;

export const SERVICE_STRATEGY = defineStrategy<Service>({
  setDefaults: defaultService,
  prepareForCreate: (service) => {
    service.status = { loadBalancer: {} };
    const { spec } = service;
    if ((spec.clusterIP ?? '') !== '' && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP ?? ''];
    defaultFamilies(spec);
  },
  prepareForUpdate: (service, old) => {
    service.status = structuredClone(old.status ?? {}) as Mutable<NonNullable<Service['status']>>;
    dropWhatTypeForbids(service.spec, old.spec);
    keepAllocated(service.spec, old.spec);
    normalizeClusterIPs(service.spec, old.spec);
  },
  validate: (service) => [...validateService(service), ...validateFamilies(service.spec)],
  validateUpdate: validateServiceUpdate,
});

/** On a cluster that has IPv4 alone. */
function defaultFamilies(spec: Spec): void {
  if (spec.type === 'ExternalName') return;
  const selectorless = isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;
  if (selectorless && spec.ipFamilyPolicy === undefined && (spec.ipFamilies ?? []).length === 0) {
    spec.ipFamilyPolicy = 'SingleStack';
    spec.ipFamilies = ['IPv4'];
    return;
  }
  spec.ipFamilyPolicy ??= (spec.ipFamilies ?? []).length > 1 ? 'RequireDualStack' : 'SingleStack';
  if ((spec.ipFamilies ?? []).length === 0) {
    spec.ipFamilies = [isIPv6(spec.clusterIPs?.[0] ?? '') ? 'IPv6' : 'IPv4'];
  }
}

function needsClusterIP(spec: ServiceSpec): boolean {
  return spec.type !== 'ExternalName';
}

function needsNodePort(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
}

function needsHealthCheck(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

/** What the server once gave and the body does not mention stays. Models patchAllocatedValues. */
function keepAllocated(next: Spec, old: ServiceSpec): void {
  if (needsClusterIP(old) && needsClusterIP(next)) {
    if ((next.clusterIP ?? '') === '' && old.clusterIP !== undefined) next.clusterIP = old.clusterIP;
    if ((next.clusterIPs ?? []).length === 0 && next.clusterIP === old.clusterIP) {
      if (old.clusterIPs !== undefined) next.clusterIPs = [...old.clusterIPs];
    }
    if (next.ipFamilies === undefined && old.ipFamilies !== undefined) next.ipFamilies = [...old.ipFamilies];
    if (next.ipFamilyPolicy === undefined && old.ipFamilyPolicy !== undefined) next.ipFamilyPolicy = old.ipFamilyPolicy;
  }
  if (needsNodePort(old) && needsNodePort(next)) keepNodePorts(next, old);
  if (needsHealthCheck(old) && needsHealthCheck(next) && old.healthCheckNodePort !== undefined) {
    next.healthCheckNodePort ??= old.healthCheckNodePort;
  }
}

function keepNodePorts(next: Spec, old: ServiceSpec): void {
  const taken = new Set((next.ports ?? []).map((port) => port.nodePort ?? 0));
  for (const port of next.ports ?? []) {
    if ((port.nodePort ?? 0) !== 0) continue;
    const before = (old.ports ?? []).find((each) => each.port === port.port && each.protocol === port.protocol);
    const nodePort = before?.nodePort ?? 0;
    if (nodePort !== 0 && !taken.has(nodePort)) port.nodePort = nodePort;
  }
}

/** The old single field and the list say the same: whichever was changed leads. */
function normalizeClusterIPs(next: Spec, old: ServiceSpec): void {
  if (next.clusterIP === old.clusterIP) return;
  const sameList = JSON.stringify(next.clusterIPs ?? []) === JSON.stringify(old.clusterIPs ?? []);
  if (!sameList && (next.clusterIPs ?? []).length > 0) return;
  if ((next.clusterIP ?? '') === '') delete next.clusterIPs;
  else next.clusterIPs = [next.clusterIP ?? '', ...(next.clusterIPs ?? []).slice(1)];
}

/** A change of type takes along what only the old type had, unless the body sets it anew. Models dropTypeDependentFields. */
function dropWhatTypeForbids(next: Spec, old: ServiceSpec): void {
  if (needsClusterIP(old) && !needsClusterIP(next)) {
    if (next.clusterIP === old.clusterIP) {
      delete next.clusterIP;
      delete next.clusterIPs;
    }
    delete next.ipFamilies;
    delete next.ipFamilyPolicy;
    delete next.internalTrafficPolicy;
  }
  if (needsNodePort(old) && !needsNodePort(next)) {
    const before = new Set((old.ports ?? []).map((port) => port.nodePort ?? 0));
    for (const port of next.ports ?? []) if (before.has(port.nodePort ?? 0)) delete port.nodePort;
  }
  const external = (spec: ServiceSpec): boolean => spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (external(old) && !external(next) && next.externalTrafficPolicy === old.externalTrafficPolicy) {
    delete next.externalTrafficPolicy;
  }
  if (needsHealthCheck(old) && !needsHealthCheck(next) && next.healthCheckNodePort === old.healthCheckNodePort) {
    delete next.healthCheckNodePort;
  }
  if (old.type === 'LoadBalancer' && next.type !== 'LoadBalancer') {
    if (next.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts)
      delete next.allocateLoadBalancerNodePorts;
    if (next.loadBalancerClass === old.loadBalancerClass) delete next.loadBalancerClass;
  }
}
