// Models pkg/apis/core/v1/defaults.go for services, endpoints and what belongs to them.
import type { EndpointSlice, Endpoints, Service } from '../types.gen.ts';
import type { Mutable } from './mutable.ts';
import { applyDefaults } from './table.ts';

export function defaultService(service: Mutable<Service>): void {
  const { spec } = service;
  applyDefaults(spec, [
    ['sessionAffinity', 'None'],
    ['type', 'ClusterIP'],
    ['ports[].protocol', 'TCP'],
  ]);
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10800;
  }
  for (const port of spec.ports ?? []) {
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  if (isExternal(spec)) spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

export function defaultEndpoints(endpoints: Mutable<Endpoints>): void {
  applyDefaults(endpoints, [['subsets[].ports[].protocol', 'TCP']]);
}

export function defaultEndpointSlice(slice: Mutable<EndpointSlice>): void {
  applyDefaults(slice, [
    ['ports[].name', ''],
    ['ports[].protocol', 'TCP'],
  ]);
}

/** Traffic from outside the cluster reaches it. */
function isExternal({ type, externalIPs }: Mutable<Service>['spec']): boolean {
  return type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && (externalIPs ?? []).length > 0);
}
