import { isTolerated, TAINT_UNSCHEDULABLE } from '../../../../api/taints.ts';
import { isNode, type SchedulerPlugin } from '../../framework.ts';

/** Models pkg/scheduler/framework/plugins/nodeunschedulable. */
export const nodeUnschedulable: SchedulerPlugin = {
  name: 'NodeUnschedulable',
  wakesOn: ['Node/Add', 'Node/UpdateTaint', 'Pod/Update'],
  hint: (pod, _event, changed) =>
    isNode(changed) ? changed.spec.unschedulable !== true : changed.metadata.uid === pod.metadata.uid,
  filter(pod, { node }) {
    if (node.spec.unschedulable !== true) return undefined;
    if (isTolerated({ key: TAINT_UNSCHEDULABLE, effect: 'NoSchedule' }, pod.spec.tolerations)) return undefined;
    return { reasons: ['node(s) were unschedulable'], unresolvable: true };
  },
};
