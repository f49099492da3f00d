import { labelSelector, matchesLabels, type Selector } from '../../../../api/selector.ts';
import { untoleratedTaint } from '../../../../api/taints.ts';
import type { Pod, TopologySpreadConstraint } from '../../../../api/types.gen.ts';
import { ln } from '../../../../lib/ln.ts';
import { MAX_NODE_SCORE, type SchedulerPlugin, type Snapshot } from '../../framework.ts';
import type { NodeInfo } from '../../node-info.ts';
import { matchesNode } from '../node-affinity/node-affinity.ts';

const HOSTNAME = 'kubernetes.io/hostname';
const reason = "node(s) didn't match pod topology spread constraints";

interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
  readonly selects: (other: Pod) => boolean;
}

interface FilterState {
  readonly constraints: readonly Constraint[];
  /** Matching pods per domain, for each constraint. */
  readonly domains: readonly ReadonlyMap<string, number>[];
}

interface ScoreState {
  readonly constraints: readonly Constraint[];
  readonly domains: readonly ReadonlyMap<string, number>[];
  readonly weights: readonly number[];
  readonly ignored: ReadonlySet<string>;
}

/** The system's default constraints: they only score (Models podtopologyspread/plugin.go). */
const systemDefaults: readonly { readonly topologyKey: string; readonly maxSkew: number }[] = [
  { topologyKey: HOSTNAME, maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 },
];

function constraintsOf(pod: Pod, whenUnsatisfiable: string): Constraint[] {
  return (pod.spec.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable)
    .map((constraint) => fromSpec(pod, constraint));
}

function fromSpec(pod: Pod, constraint: TopologySpreadConstraint): Constraint {
  const selector: Selector = labelSelector(constraint.labelSelector);
  const labels = pod.metadata.labels ?? {};
  const sameKeys = (constraint.matchLabelKeys ?? []).filter((key) => labels[key] !== undefined);
  return {
    topologyKey: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    honorAffinity: (constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor',
    honorTaints: constraint.nodeTaintsPolicy === 'Honor',
    selects: (other) =>
      matchesLabels(selector, other.metadata.labels) &&
      sameKeys.every((key) => other.metadata.labels?.[key] === labels[key]),
  };
}

function scoringConstraints(pod: Pod, snapshot: Snapshot): { constraints: Constraint[]; byDefault: boolean } {
  if ((pod.spec.topologySpreadConstraints ?? []).length > 0)
    return { constraints: constraintsOf(pod, 'ScheduleAnyway'), byDefault: false };
  if (!snapshot.hasSelector(pod)) return { constraints: [], byDefault: true };
  const selects = (other: Pod) => snapshot.selectsPod(pod, other);
  const constraints = systemDefaults.map((constraint) => ({
    ...constraint,
    minDomains: 1,
    honorAffinity: true,
    honorTaints: false,
    selects,
  }));
  return { constraints, byDefault: true };
}

const isCounted = (pod: Pod, other: Pod) =>
  other.metadata.namespace === pod.metadata.namespace && other.metadata.deletionTimestamp === undefined;

function countOn(node: NodeInfo, pod: Pod, constraint: Constraint): number {
  return node.pods.filter((other) => isCounted(pod, other) && constraint.selects(other)).length;
}

function includes(constraint: Constraint, pod: Pod, { node }: NodeInfo): boolean {
  if (constraint.honorAffinity && !matchesNode(pod, node)) return false;
  return (
    !constraint.honorTaints ||
    untoleratedTaint(node.spec.taints, pod.spec.tolerations, ({ effect }) => effect !== 'PreferNoSchedule') ===
      undefined
  );
}

const labelOf = ({ node }: NodeInfo, key: string) => node.metadata.labels?.[key];
const hasAllKeys = (node: NodeInfo, constraints: readonly Constraint[]) =>
  constraints.every(({ topologyKey }) => labelOf(node, topologyKey) !== undefined);

/** Models pkg/scheduler/framework/plugins/podtopologyspread. */
export const podTopologySpread: SchedulerPlugin = {
  name: 'PodTopologySpread',
  weight: 2,
  wakesOn: [
    'Node/Add',
    'Node/UpdateLabel',
    'Node/UpdateTaint',
    'AssignedPod/Add',
    'AssignedPod/Update',
    'AssignedPod/Delete',
    'Pod/Update',
  ],
  preFilter(pod, snapshot, cycle) {
    const constraints = constraintsOf(pod, 'DoNotSchedule');
    const domains = constraints.map((constraint) => {
      const counts = new Map<string, number>();
      for (const node of snapshot.nodes) {
        if (!hasAllKeys(node, constraints) || !includes(constraint, pod, node)) continue;
        const domain = labelOf(node, constraint.topologyKey) ?? '';
        counts.set(domain, (counts.get(domain) ?? 0) + countOn(node, pod, constraint));
      }
      return counts;
    });
    const state: FilterState = { constraints, domains };
    cycle.set('PodTopologySpread/filter', state);
    return undefined;
  },
  filter(pod, node, cycle) {
    const state = cycle.get('PodTopologySpread/filter');
    if (!isFilterState(state)) return undefined;
    for (const [index, constraint] of state.constraints.entries()) {
      const domain = labelOf(node, constraint.topologyKey);
      if (domain === undefined) return { reasons: [`${reason} (missing required label)`], unresolvable: true };
      const counts = state.domains[index] ?? new Map<string, number>();
      const least =
        counts.size < constraint.minDomains
          ? 0
          : [...counts.values()].reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER);
      const self = constraint.selects(pod) ? 1 : 0;
      if ((counts.get(domain) ?? 0) + self - least > constraint.maxSkew) return { reasons: [reason] };
    }
    return undefined;
  },
  preScore(pod, nodes, snapshot, cycle) {
    const { constraints, byDefault } = scoringConstraints(pod, snapshot);
    if (constraints.length === 0) return true;
    const ignored = new Set(
      byDefault ? [] : nodes.filter((node) => !hasAllKeys(node, constraints)).map((node) => node.name),
    );
    const scored = nodes.filter((node) => !ignored.has(node.name));
    const domains = constraints.map((constraint) => {
      if (constraint.topologyKey === HOSTNAME) return new Map<string, number>();
      const counts = new Map<string, number>();
      for (const node of scored) {
        const domain = labelOf(node, constraint.topologyKey);
        if (domain !== undefined) counts.set(domain, 0);
      }
      for (const node of snapshot.nodes) {
        const domain = labelOf(node, constraint.topologyKey);
        const count = domain === undefined ? undefined : counts.get(domain);
        if (domain === undefined || count === undefined || !includes(constraint, pod, node)) continue;
        counts.set(domain, count + countOn(node, pod, constraint));
      }
      return counts;
    });
    const weights = constraints.map((constraint, index) =>
      ln((constraint.topologyKey === HOSTNAME ? scored.length : (domains[index]?.size ?? 0)) + 2),
    );
    const state: ScoreState = { constraints, domains, weights, ignored };
    cycle.set('PodTopologySpread/score', state);
    return false;
  },
  score(pod, node, cycle) {
    const state = cycle.get('PodTopologySpread/score');
    if (!isScoreState(state) || state.ignored.has(node.name)) return 0;
    let score = 0;
    for (const [index, constraint] of state.constraints.entries()) {
      const domain = labelOf(node, constraint.topologyKey);
      if (domain === undefined) continue;
      const count =
        constraint.topologyKey === HOSTNAME ? countOn(node, pod, constraint) : (state.domains[index]?.get(domain) ?? 0);
      score += count * (state.weights[index] ?? 0) + (constraint.maxSkew - 1);
    }
    return Math.round(score);
  },
  normalize(scores, nodes, cycle) {
    const state = cycle.get('PodTopologySpread/score');
    const ignored = isScoreState(state) ? state.ignored : new Set<string>();
    const counted = scores.filter((_, index) => !ignored.has(nodes[index]?.name ?? ''));
    const max = counted.reduce((a, b) => Math.max(a, b), 0);
    const min = counted.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER);
    return scores.map((score, index) => {
      if (ignored.has(nodes[index]?.name ?? '')) return 0;
      return max === 0 ? MAX_NODE_SCORE : Math.trunc((MAX_NODE_SCORE * (max + min - score)) / max);
    });
  },
};

function isFilterState(value: unknown): value is FilterState {
  return typeof value === 'object' && value !== null && 'domains' in value;
}
function isScoreState(value: unknown): value is ScoreState {
  return typeof value === 'object' && value !== null && 'weights' in value;
}
