import { newRequirement, type Operator, type Requirement, matchesLabels } from '../../../../api/selector.ts';
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../../../api/types.gen.ts';
import { defaultNormalize, isNode, type SchedulerPlugin } from '../../framework.ts';

const operators: Readonly<Record<string, Operator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
};

function requirement(expression: NodeSelectorRequirement): Requirement | undefined {
  const operator = operators[expression.operator];
  return operator === undefined ? undefined : newRequirement(expression.key, operator, expression.values ?? []);
}

function matchesExpressions(
  expressions: readonly NodeSelectorRequirement[] | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (expressions ?? []).every((expression) => {
    const wanted = requirement(expression);
    return wanted !== undefined && matchesLabels({ nothing: false, requirements: [wanted] }, labels);
  });
}

/** An empty term matches nothing (Models component-helpers/scheduling/corev1/nodeaffinity). */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  if ((term.matchExpressions ?? []).length === 0 && (term.matchFields ?? []).length === 0) return false;
  return (
    matchesExpressions(term.matchExpressions, node.metadata.labels ?? {}) &&
    matchesExpressions(term.matchFields, { 'metadata.name': node.metadata.name })
  );
}

/** The pod's nodeSelector and required node affinity. */
export function matchesNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (!Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** Models pkg/scheduler/framework/plugins/nodeaffinity. */
export const nodeAffinity: SchedulerPlugin = {
  name: 'NodeAffinity',
  weight: 2,
  wakesOn: ['Node/Add', 'Node/UpdateLabel', 'Pod/Update'],
  hint: (pod, _event, changed) =>
    isNode(changed) ? matchesNode(pod, changed) : changed.metadata.uid === pod.metadata.uid,
  filter(pod, { node }) {
    if (matchesNode(pod, node)) return undefined;
    return { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true };
  },
  preScore: (pod) =>
    (pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).length === 0,
  score(pod, { node }) {
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0);
  },
  normalize: (scores) => defaultNormalize(scores, false),
};
