import type { ContainerImage, Node, NodeCondition, NodeStatus } from '../../api/types.gen.ts';
import { ClusterDefaults, Ports } from '../../api/ports.ts';
import { conditionOf } from '../../api/conditions.ts';
import { quantityValue } from '../../api/quantity.ts';
import type { Image } from '../../api/cri.ts';
import { sortBy } from '../../lib/order.ts';
import { formatTime } from '../../lib/time.ts';
import { uuidText } from '../../lib/uuid.ts';
import type { Micros } from '../../sim/env.ts';
import type { KubeletConfig } from './config.ts';

/** Images that a node tells of: nodeStatusMaxImages. */
const MAX_IMAGES = 50;
/** What eviction keeps free: memory.available. */
const EVICTION_MEMORY = 100 * 1024 * 1024;

export interface NodeFacts {
  readonly config: KubeletConfig;
  readonly bootId: string;
  readonly machineId: string;
  readonly images: readonly Image[];
  /** Why the node is not ready, if so: all reasons. */
  readonly problems: readonly string[];
  readonly diskPressure: boolean;
  readonly now: Micros;
}

/** A new node as the kubelet registers it. Models pkg/kubelet/kubelet_node_status.go. */
export function initialNode(facts: NodeFacts): Node {
  const { nodeName, nodeLabels, taints } = facts.config;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
        ...nodeLabels,
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: taints.length === 0 ? {} : { taints },
    status: nodeStatus(facts, undefined),
  };
}

export function nodeStatus(facts: NodeFacts, old: NodeStatus | undefined): NodeStatus {
  const { config, images, bootId, machineId } = facts;
  const { capacity } = config;
  const memory = quantityValue(capacity.memory);
  const storage = quantityValue(capacity.ephemeralStorage);
  const huge = { 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' };
  return {
    addresses: [
      { type: 'InternalIP', address: config.nodeIp },
      { type: 'Hostname', address: config.nodeName },
    ],
    capacity: {
      cpu: capacity.cpu,
      'ephemeral-storage': capacity.ephemeralStorage,
      ...huge,
      memory: capacity.memory,
      pods: capacity.pods,
    },
    allocatable: {
      cpu: capacity.cpu,
      'ephemeral-storage': String(Math.floor((storage * 9) / 10)),
      ...huge,
      memory: `${Math.floor((memory - EVICTION_MEMORY) / 1024)}Ki`,
      pods: capacity.pods,
    },
    conditions: conditionsOf(facts, old),
    daemonEndpoints: { kubeletEndpoint: { Port: Ports.kubelet } },
    nodeInfo: {
      architecture: 'amd64',
      bootID: bootId,
      containerRuntimeVersion: 'containerd://2.1.5',
      kernelVersion: '6.12.48+deb13-amd64',
      kubeProxyVersion: '',
      kubeletVersion: ClusterDefaults.kubernetesVersion,
      machineID: machineId,
      operatingSystem: 'linux',
      osImage: 'Debian GNU/Linux 13 (trixie)',
      systemUUID: uuidText(machineId),
    },
    images: imagesOf(images),
    runtimeHandlers: [
      { features: { recursiveReadOnlyMounts: true, userNamespaces: true } },
      { name: 'runc', features: { recursiveReadOnlyMounts: true, userNamespaces: true } },
    ],
    features: { supplementalGroupsPolicy: true },
  };
}

/** The largest first, names of an image longest first. */
function imagesOf(images: readonly Image[]): readonly ContainerImage[] {
  return sortBy(
    images,
    ({ size }) => -size,
    ({ id }) => id,
  )
    .slice(0, MAX_IMAGES)
    .map(({ repoDigests, repoTags, size }) => ({ names: [...repoDigests, ...repoTags].slice(0, 5), sizeBytes: size }));
}

function conditionsOf(
  { problems, diskPressure, now }: NodeFacts,
  old: NodeStatus | undefined,
): readonly NodeCondition[] {
  const kubelet: NodeCondition[] = [];
  const add = (type: string, status: 'True' | 'False', reason: string, message: string): void => {
    const before = conditionOf(old?.conditions, type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : undefined;
    kubelet.push({
      type,
      status,
      lastHeartbeatTime: formatTime(now),
      lastTransitionTime: lastTransitionTime ?? formatTime(now),
      reason,
      message,
    });
  };
  add('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available');
  if (diskPressure) add('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure');
  else add('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure');
  add('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available');
  if (problems.length === 0) add('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status');
  else
    add('Ready', 'False', 'KubeletNotReady', problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`);
  const others = (old?.conditions ?? []).filter(({ type }) => !kubelet.some((condition) => condition.type === type));
  return [...others, ...kubelet];
}
