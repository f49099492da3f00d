import type { SchedulerPlugin } from '../../framework.ts';

/** Models pkg/scheduler/framework/plugins/nodename. */
export const nodeName: SchedulerPlugin = {
  name: 'NodeName',
  wakesOn: ['Node/Add'],
  filter(pod, node) {
    const wanted = pod.spec.nodeName ?? '';
    if (wanted === '' || wanted === node.name) return undefined;
    return { reasons: ["node(s) didn't match the requested node name"], unresolvable: true };
  },
};
