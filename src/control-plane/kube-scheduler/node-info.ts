import { amountMilliValue, amountValue, parseQuantity } from '../../api/quantity.ts';
import type { Container, Node, Pod } from '../../api/types.gen.ts';

/** Amounts of resources: cpu in thousandths of a core, the others in their unit (bytes, counts). */
export type Resources = Readonly<Record<string, number>>;

/** A node and what the scheduler counts as being on it: bound and assumed pods. */
export interface NodeInfo {
  readonly name: string;
  readonly node: Node;
  readonly pods: readonly Pod[];
  readonly allocatable: Resources;
  readonly requested: Resources;
  /** As `requested`, with 100m / 200Mi for containers that ask for nothing: what scoring goes by. */
  readonly nonZeroRequested: Resources;
  /** `protocol/port` → host IPs that take it. */
  readonly usedPorts: ReadonlyMap<string, ReadonlySet<string>>;
  /** Bytes by image name. */
  readonly images: ReadonlyMap<string, number>;
}

const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY = 200 * 1024 * 1024;

export function resourceAmount(name: string, quantity: string): number {
  const amount = parseQuantity(quantity);
  return name === 'cpu' ? amountMilliValue(amount) : amountValue(amount);
}

export function resourcesOf(quantities: Readonly<Record<string, string>> | undefined): Resources {
  return Object.fromEntries(
    Object.entries(quantities ?? {}).map(([name, quantity]) => [name, resourceAmount(name, quantity)]),
  );
}

export function addResources(a: Resources, b: Resources): Resources {
  const sum: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
}

function maxResources(a: Resources, b: Resources): Resources {
  const most: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) most[name] = Math.max(most[name] ?? 0, amount);
  return most;
}

function containerRequests(container: Container, nonZero: boolean): Resources {
  const requests = resourcesOf(container.resources?.requests);
  if (!nonZero) return requests;
  return { ...requests, cpu: requests['cpu'] ?? DEFAULT_MILLI_CPU, memory: requests['memory'] ?? DEFAULT_MEMORY };
}

const requestCache = new WeakMap<Pod['spec'], { plain: Resources; nonZero: Resources }>();

/** What the pod asks for: the larger of its containers together (with sidecars) and each init container at its time, plus overhead. */
export function podRequests(pod: Pod, nonZero = false): Resources {
  const cached = requestCache.get(pod.spec);
  if (cached !== undefined) return nonZero ? cached.nonZero : cached.plain;
  const both = { plain: computeRequests(pod, false), nonZero: computeRequests(pod, true) };
  requestCache.set(pod.spec, both);
  return nonZero ? both.nonZero : both.plain;
}

function computeRequests(pod: Pod, nonZero: boolean): Resources {
  let total = pod.spec.containers.map((container) => containerRequests(container, nonZero)).reduce(addResources, {});
  let sidecars: Resources = {};
  let initPeak: Resources = {};
  for (const container of pod.spec.initContainers ?? []) {
    const requests = containerRequests(container, nonZero);
    if (container.restartPolicy === 'Always') {
      sidecars = addResources(sidecars, requests);
      total = addResources(total, requests);
      initPeak = maxResources(initPeak, sidecars);
    } else {
      initPeak = maxResources(initPeak, addResources(sidecars, requests));
    }
  }
  const needed = maxResources(total, initPeak);
  return pod.spec.overhead === undefined ? needed : addResources(needed, resourcesOf(pod.spec.overhead));
}

export interface HostPort {
  readonly protocol: string;
  readonly ip: string;
  readonly port: number;
}

const portCache = new WeakMap<Pod['spec'], readonly HostPort[]>();

export function hostPorts(pod: Pod): readonly HostPort[] {
  const cached = portCache.get(pod.spec);
  if (cached !== undefined) return cached;
  const containers = [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always'),
  ];
  const ports = containers.flatMap((container) =>
    (container.ports ?? []).flatMap((port) =>
      port.hostPort === undefined || port.hostPort === 0
        ? []
        : [{ protocol: port.protocol ?? 'TCP', ip: port.hostIP ?? '0.0.0.0', port: port.hostPort }],
    ),
  );
  portCache.set(pod.spec, ports);
  return ports;
}

/** Counts everything on the node anew. */
export function nodeInfo(node: Node, pods: readonly Pod[]): NodeInfo {
  const usedPorts = new Map<string, Set<string>>();
  const requested: Record<string, number> = {};
  const nonZeroRequested: Record<string, number> = {};
  for (const pod of pods) {
    for (const [name, amount] of Object.entries(podRequests(pod))) requested[name] = (requested[name] ?? 0) + amount;
    for (const [name, amount] of Object.entries(podRequests(pod, true)))
      nonZeroRequested[name] = (nonZeroRequested[name] ?? 0) + amount;
    for (const { protocol, ip, port } of hostPorts(pod)) {
      const key = `${protocol}/${port}`;
      usedPorts.set(key, (usedPorts.get(key) ?? new Set()).add(ip));
    }
  }
  return { name: node.metadata.name, node, pods, ...staticPart(node), requested, nonZeroRequested, usedPorts };
}

const staticCache = new WeakMap<Node, { allocatable: Resources; images: ReadonlyMap<string, number> }>();

function staticPart(node: Node): { allocatable: Resources; images: ReadonlyMap<string, number> } {
  const cached = staticCache.get(node);
  if (cached !== undefined) return cached;
  const images = new Map<string, number>();
  for (const image of node.status?.images ?? [])
    for (const name of image.names ?? []) images.set(name, image.sizeBytes ?? 0);
  const part = { allocatable: resourcesOf(node.status?.allocatable), images };
  staticCache.set(node, part);
  return part;
}

/** The same node with a pod more. */
export function withPod(info: NodeInfo, pod: Pod): NodeInfo {
  return nodeInfo(info.node, [...info.pods, pod]);
}
