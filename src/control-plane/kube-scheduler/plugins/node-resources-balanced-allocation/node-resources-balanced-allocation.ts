import { MAX_NODE_SCORE, type SchedulerPlugin } from '../../framework.ts';
import { podRequests } from '../../node-info.ts';

/** Models pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go for cpu and memory. */
export const nodeResourcesBalancedAllocation: SchedulerPlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  wakesOn: [],
  preScore: (pod) => {
    const requests = podRequests(pod);
    return (requests['cpu'] ?? 0) === 0 && (requests['memory'] ?? 0) === 0;
  },
  score(pod, node) {
    const requests = podRequests(pod);
    const fractions = ['cpu', 'memory'].flatMap((name) => {
      const allocatable = node.allocatable[name] ?? 0;
      if (allocatable === 0) return [];
      return [Math.min(1, ((node.requested[name] ?? 0) + (requests[name] ?? 0)) / allocatable)];
    });
    const [first, second] = fractions;
    // The standard deviation of two numbers is half their distance.
    const deviation = first === undefined || second === undefined ? 0 : Math.abs(first - second) / 2;
    return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
  },
};
