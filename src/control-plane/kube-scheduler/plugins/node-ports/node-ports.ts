import type { SchedulerPlugin } from '../../framework.ts';
import { hostPorts } from '../../node-info.ts';

const any = '0.0.0.0';

/** Models pkg/scheduler/framework/plugins/nodeports. */
export const nodePorts: SchedulerPlugin = {
  name: 'NodePorts',
  wakesOn: ['Node/Add', 'AssignedPod/Delete'],
  filter(pod, node) {
    const taken = hostPorts(pod).some(({ protocol, ip, port }) => {
      const ips = node.usedPorts.get(`${protocol}/${port}`);
      return ips !== undefined && (ip === any || ips.has(any) || ips.has(ip));
    });
    return taken ? { reasons: ["node(s) didn't have free ports for the requested pod ports"] } : undefined;
  },
};
