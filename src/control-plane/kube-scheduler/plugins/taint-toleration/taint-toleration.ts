import { isTolerated, untoleratedTaint } from '../../../../api/taints.ts';
import type { Node, Pod, Taint } from '../../../../api/types.gen.ts';
import { defaultNormalize, isNode, type SchedulerPlugin } from '../../framework.ts';

/** The first taint that keeps the pod off the node. */
function forbids(pod: Pod, node: Node): Taint | undefined {
  return untoleratedTaint(
    node.spec.taints,
    pod.spec.tolerations,
    ({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute',
  );
}

/** Models pkg/scheduler/framework/plugins/tainttoleration. */
export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  weight: 3,
  wakesOn: ['Node/Add', 'Node/UpdateTaint', 'Pod/Update'],
  hint: (pod, _event, changed) =>
    isNode(changed) ? forbids(pod, changed) === undefined : changed.metadata.uid === pod.metadata.uid,
  filter(pod, { node }) {
    const taint = forbids(pod, node);
    return taint === undefined ? undefined : { reasons: ['node(s) had untolerated taint(s)'], unresolvable: true };
  },
  score(pod, { node }) {
    const tolerations = (pod.spec.tolerations ?? []).filter(
      ({ effect }) => effect === undefined || effect === '' || effect === 'PreferNoSchedule',
    );
    return (node.spec.taints ?? []).filter(
      (taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(taint, tolerations),
    ).length;
  },
  normalize: (scores) => defaultNormalize(scores, true),
};
