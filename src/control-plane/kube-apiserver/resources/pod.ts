// Models pkg/registry/core/pod/strategy.go.
import type { KubeObject, Pod } from '../../../api/types.gen.ts';
import type { Rules } from './rules.ts';
import { isPodTerminal } from '../../../api/pods.ts';
import { withMember } from '../storage/objects.ts';
import { DEFAULT_RULES } from './rules.ts';

export const podRules: Rules = {
  ...DEFAULT_RULES,
  returnsDeleted: true,
  stamp(object, now) {
    const { status } = asPod(object);
    if (status?.conditions === undefined) return object;
    const conditions = status.conditions.map((condition) => ({ ...condition, lastTransitionTime: now }));
    return withMember(object, 'status', { ...status, conditions });
  },
  gracePeriod(object, asked) {
    const pod = asPod(object);
    if ((pod.spec.nodeName ?? '') === '' || isPodTerminal(pod)) return 0;
    const period = asked ?? pod.spec.terminationGracePeriodSeconds ?? 0;
    return period < 0 ? 1 : period;
  },
};

/** Objects reach the rules decoded and of their kind. */
export function asPod(object: KubeObject): Pod {
  return object as Pod;
}

/** Kubelets watch the pods of their node. */
export function nodeMark(nodeName: string): string {
  return `node ${nodeName}`;
}
