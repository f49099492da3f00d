import { sortedKeys } from '../../../../lib/order.ts';
import { MAX_NODE_SCORE, type SchedulerPlugin } from '../../framework.ts';
import { podRequests, type NodeInfo } from '../../node-info.ts';
import type { Pod } from '../../../../api/types.gen.ts';

/** cpu, memory and ephemeral-storage first, then extended resources by name: upstream's order of reasons. */
const firstResources = ['cpu', 'memory', 'ephemeral-storage'];
const scoredResources = ['cpu', 'memory'] as const;

/** Models pkg/scheduler/framework/plugins/noderesources/fit.go with the LeastAllocated strategy. */
export const nodeResourcesFit: SchedulerPlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  wakesOn: ['Node/Add', 'Node/UpdateAllocatable', 'AssignedPod/Delete', 'Pod/Update'],
  filter(pod, node) {
    const requests = podRequests(pod);
    const reasons: string[] = [];
    let unresolvable = false;
    const podLimit = node.allocatable['pods'] ?? 0;
    if (node.pods.length + 1 > podLimit) reasons.push('Too many pods');
    const names = [...firstResources, ...sortedKeys(requests).filter((name) => !firstResources.includes(name))];
    for (const name of names) {
      const wanted = requests[name] ?? 0;
      const allocatable = node.allocatable[name] ?? 0;
      if (wanted === 0 || wanted <= allocatable - (node.requested[name] ?? 0)) continue;
      reasons.push(`Insufficient ${name}`);
      if (wanted > allocatable) unresolvable = true;
    }
    return reasons.length === 0 ? undefined : { reasons, unresolvable };
  },
  score(pod, node) {
    let sum = 0;
    let weights = 0;
    for (const name of scoredResources) {
      const allocatable = node.allocatable[name] ?? 0;
      if (allocatable === 0) continue;
      sum += leastRequested(requestedWith(pod, node, name), allocatable);
      weights++;
    }
    return weights === 0 ? 0 : Math.trunc(sum / weights);
  },
};

export function requestedWith(pod: Pod, node: NodeInfo, resource: string): number {
  return (node.nonZeroRequested[resource] ?? 0) + (podRequests(pod, true)[resource] ?? 0);
}

function leastRequested(requested: number, capacity: number): number {
  return requested > capacity ? 0 : Math.trunc(((capacity - requested) * MAX_NODE_SCORE) / capacity);
}
