import { isTolerated, untoleratedTaint } from '../../../../api/taints.ts';
import { defaultNormalize, type SchedulerPlugin } from '../../framework.ts';

/** Models pkg/scheduler/framework/plugins/tainttoleration. */
export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  weight: 3,
  wakesOn: ['Node/Add', 'Node/UpdateTaint', 'Pod/Update'],
  filter(pod, { node }) {
    const taint = untoleratedTaint(
      node.spec.taints,
      pod.spec.tolerations,
      ({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute',
    );
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
