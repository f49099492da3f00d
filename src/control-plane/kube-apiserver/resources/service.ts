// Models pkg/registry/core/service/storage/alloc.go.
import type { KubeObject, Service, ServicePort, ServiceSpec } from '../../../api/types.gen.ts';
import type { StatusCause } from '../../../api/types.gen.ts';
import type { Server } from '../server.ts';
import type { Reservation, Rules } from './rules.ts';
import { invalid } from '../../../api/status.ts';
import { AllocationError } from '../services/ip-allocator.ts';
import { withMember } from '../storage/objects.ts';
import { DEFAULT_RULES } from './rules.ts';

export const serviceRules: Rules = {
  ...DEFAULT_RULES,
  returnsDeleted: true,
  reserveForCreate: (server, object, dryRun) => reserve(server, object, undefined, dryRun),
  reserveForUpdate: (server, next, current, dryRun) => reserve(server, next, current, dryRun),
  async afterDelete(server, object) {
    const spec = specOf(object);
    for (const ip of allocatedIps(spec)) await server.serviceIps.release(ip);
    for (const port of nodePortsOf(spec)) await server.nodePorts.release(port);
  },
};

export function asService(object: KubeObject): Service {
  return object as Service;
}

function specOf(object: KubeObject): ServiceSpec {
  return asService(object).spec ?? {};
}

function withSpec(object: KubeObject, spec: ServiceSpec): KubeObject {
  return withMember(object, 'spec', spec);
}

function needsClusterIp(spec: ServiceSpec): boolean {
  return spec.type !== 'ExternalName';
}

function needsNodePort(spec: ServiceSpec): boolean {
  if (spec.type === 'NodePort') return true;
  return spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false;
}

function needsHealthCheckNodePort(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

function allocatedIps(spec: ServiceSpec): readonly string[] {
  return needsClusterIp(spec) ? (spec.clusterIPs ?? []).filter((ip) => ip !== '' && ip !== 'None') : [];
}

export function nodePortsOf(spec: ServiceSpec): number[] {
  const ports = (spec.ports ?? []).map((port) => port.nodePort ?? 0);
  return [...new Set([...ports, spec.healthCheckNodePort ?? 0])].filter((port) => port !== 0);
}

/** Takes what the new spec needs and the old one does not have; what is no longer needed is given back after the write. */
async function reserve(
  server: Server,
  object: KubeObject,
  current: KubeObject | undefined,
  dryRun: boolean,
): Promise<Reservation> {
  const before = current === undefined ? {} : specOf(current);
  const undo: (() => Promise<void>)[] = [];
  const revert = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  const owner = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
  const fail = (causes: readonly StatusCause[]): never => {
    throw invalid({ group: '', kind: 'Service' }, object.metadata.name, causes);
  };
  let spec = specOf(object);
  try {
    if (needsClusterIp(spec) && spec.clusterIP !== 'None') {
      spec = await takeClusterIp(server, spec, before, owner, dryRun, undo, fail);
    }
    spec = await takeNodePorts(server, spec, before, dryRun, undo, fail);
  } catch (error) {
    await revert();
    throw error;
  }
  const taken = spec;
  const commit = (): void => {
    if (!dryRun) server.env.spawn(() => releaseUnused(server, before, taken));
  };
  return { object: withSpec(object, taken), commit, revert };
}

async function releaseUnused(server: Server, before: ServiceSpec, after: ServiceSpec): Promise<void> {
  const kept = new Set([...allocatedIps(after), ...nodePortsOf(after).map(String)]);
  for (const ip of allocatedIps(before)) if (!kept.has(ip)) await server.serviceIps.release(ip);
  for (const port of nodePortsOf(before)) if (!kept.has(String(port))) await server.nodePorts.release(port);
}

type Undo = (() => Promise<void>)[];
type Fail = (causes: readonly StatusCause[]) => never;

async function takeClusterIp(
  server: Server,
  spec: ServiceSpec,
  before: ServiceSpec,
  owner: { readonly namespace: string; readonly name: string },
  dryRun: boolean,
  undo: Undo,
  fail: Fail,
): Promise<ServiceSpec> {
  const wanted = spec.clusterIPs?.[0] ?? spec.clusterIP ?? '';
  if (wanted !== '' && allocatedIps(before).includes(wanted))
    return { ...spec, clusterIP: wanted, clusterIPs: [wanted] };
  try {
    let ip = wanted;
    if (ip === '') ip = await server.serviceIps.takeNext(owner, dryRun);
    else await server.serviceIps.take(ip, owner, dryRun);
    if (!dryRun) undo.push(() => server.serviceIps.release(ip));
    return { ...spec, clusterIP: ip, clusterIPs: [ip] };
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error;
    const message = `Invalid value: ${JSON.stringify(spec.clusterIPs ?? [])}: failed to allocate IP ${wanted}: ${error.message}`;
    return fail([{ reason: 'FieldValueInvalid', message, field: 'spec.clusterIPs' }]);
  }
}

async function takeNodePorts(
  server: Server,
  spec: ServiceSpec,
  before: ServiceSpec,
  dryRun: boolean,
  undo: Undo,
  fail: Fail,
): Promise<ServiceSpec> {
  if (!needsNodePort(spec)) return spec;
  const mine = new Set(nodePortsOf(before));
  const ports: ServicePort[] = [];
  for (const [i, port] of (spec.ports ?? []).entries()) {
    const nodePort = port.nodePort ?? 0;
    const shared = ports.find((other) => other.port === port.port && other.protocol !== port.protocol)?.nodePort ?? 0;
    if (nodePort === 0 && shared !== 0) ports.push({ ...port, nodePort: shared });
    else if (mine.has(nodePort)) ports.push(port);
    else {
      const field = `spec.ports[${i}].nodePort`;
      const taken = await takeNodePort(server, nodePort, field, dryRun, undo, fail);
      mine.add(taken);
      ports.push({ ...port, nodePort: taken });
    }
  }
  const withPorts = { ...spec, ports };
  if (!needsHealthCheckNodePort(spec) || before.healthCheckNodePort !== undefined) return withPorts;
  const wanted = spec.healthCheckNodePort ?? 0;
  return {
    ...withPorts,
    healthCheckNodePort: await takeNodePort(server, wanted, 'spec.healthCheckNodePort', dryRun, undo, fail),
  };
}

async function takeNodePort(
  server: Server,
  wanted: number,
  field: string,
  dryRun: boolean,
  undo: Undo,
  fail: Fail,
): Promise<number> {
  try {
    let port = wanted;
    if (port === 0) port = await server.nodePorts.takeNext(dryRun);
    else await server.nodePorts.take(port, dryRun);
    if (!dryRun) undo.push(() => server.nodePorts.release(port));
    return port;
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error;
    return fail([{ reason: 'FieldValueInvalid', message: `Invalid value: ${wanted}: ${error.message}`, field }]);
  }
}
