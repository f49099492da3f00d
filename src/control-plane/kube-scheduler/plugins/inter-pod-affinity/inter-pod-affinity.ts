import { labelSelector, matchesLabels } from '../../../../api/selector.ts';
import type { Pod, PodAffinityTerm } from '../../../../api/types.gen.ts';
import { isNode, MAX_NODE_SCORE, type SchedulerPlugin } from '../../framework.ts';
import type { NodeInfo } from '../../node-info.ts';

interface Term {
  readonly topologyKey: string;
  readonly weight: number;
  readonly selects: (other: Pod) => boolean;
}

/** `topologyKey=value` → how often it is matched. */
type Counts = Map<string, number>;

interface FilterState {
  readonly affinity: readonly Term[];
  readonly antiAffinity: readonly Term[];
  readonly affinityCounts: Counts;
  readonly antiAffinityCounts: Counts;
  /** Domains where a pod that is there refuses the incoming one. */
  readonly refused: Counts;
  /** Nothing matches the pod's affinity anywhere, but the pod itself would: it may be the first. */
  readonly firstOfItsKind: boolean;
}

function terms(pod: Pod, list: readonly PodAffinityTerm[] | undefined, weight = 0): Term[] {
  return (list ?? []).map((term) => {
    const selector = labelSelector(term.labelSelector);
    const namespaces = term.namespaces ?? [];
    const everywhere = term.namespaceSelector !== undefined && Object.keys(term.namespaceSelector).length === 0;
    const inNamespace = (namespace: string | undefined) =>
      everywhere ||
      (namespaces.length === 0 ? namespace === pod.metadata.namespace : namespaces.includes(namespace ?? ''));
    return {
      topologyKey: term.topologyKey,
      weight,
      selects: (other) => inNamespace(other.metadata.namespace) && matchesLabels(selector, other.metadata.labels),
    };
  });
}

const requiredAffinity = (pod: Pod) =>
  terms(pod, pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
const requiredAntiAffinity = (pod: Pod) =>
  terms(pod, pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution);

function preferred(pod: Pod): Term[] {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  return [
    ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ weight, podAffinityTerm }) =>
      terms(pod, [podAffinityTerm], weight),
    ),
    ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ weight, podAffinityTerm }) =>
      terms(pod, [podAffinityTerm], -weight),
    ),
  ];
}

function domainOf(node: NodeInfo, key: string): string | undefined {
  const value = node.node.metadata.labels?.[key];
  return value === undefined ? undefined : `${key}=${value}`;
}

function count(counts: Counts, node: NodeInfo, key: string, by = 1): void {
  const domain = domainOf(node, key);
  if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + by);
}

const isIn = (counts: Counts, node: NodeInfo, key: string) => {
  const domain = domainOf(node, key);
  return domain !== undefined && (counts.get(domain) ?? 0) > 0;
};

/** Models pkg/scheduler/framework/plugins/interpodaffinity. */
export const interPodAffinity: SchedulerPlugin = {
  name: 'InterPodAffinity',
  weight: 2,
  wakesOn: [
    'Node/Add',
    'Node/UpdateLabel',
    'AssignedPod/Add',
    'AssignedPod/Update',
    'AssignedPod/Delete',
    'Pod/Update',
  ],
  hint(pod, event, changed) {
    if (isNode(changed)) {
      const labels = changed.metadata.labels ?? {};
      return [...requiredAffinity(pod), ...requiredAntiAffinity(pod)].some(
        ({ topologyKey }) => labels[topologyKey] !== undefined,
      );
    }
    if (event === 'Pod/Update') return changed.metadata.uid === pod.metadata.uid;
    if (event === 'AssignedPod/Delete')
      return (
        requiredAntiAffinity(pod).some((term) => term.selects(changed)) ||
        requiredAntiAffinity(changed).some((term) => term.selects(pod))
      );
    const affinity = requiredAffinity(pod);
    return affinity.length > 0 && affinity.every((term) => term.selects(changed));
  },
  preFilter(pod, snapshot, cycle) {
    const affinity = requiredAffinity(pod);
    const antiAffinity = requiredAntiAffinity(pod);
    const affinityCounts: Counts = new Map();
    const antiAffinityCounts: Counts = new Map();
    const refused: Counts = new Map();
    for (const node of snapshot.nodes) {
      for (const other of node.pods) {
        if (affinity.length > 0 && affinity.every((term) => term.selects(other)))
          for (const term of affinity) count(affinityCounts, node, term.topologyKey);
        for (const term of antiAffinity) if (term.selects(other)) count(antiAffinityCounts, node, term.topologyKey);
        if (other.spec.affinity?.podAntiAffinity === undefined) continue;
        for (const term of requiredAntiAffinity(other)) if (term.selects(pod)) count(refused, node, term.topologyKey);
      }
    }
    const firstOfItsKind = affinityCounts.size === 0 && affinity.every((term) => term.selects(pod));
    const state: FilterState = { affinity, antiAffinity, affinityCounts, antiAffinityCounts, refused, firstOfItsKind };
    cycle.set('InterPodAffinity/filter', state);
    return undefined;
  },
  filter(_pod, node, cycle) {
    const state = cycle.get('InterPodAffinity/filter');
    if (!isFilterState(state)) return undefined;
    const hasKeys = state.affinity.every((term) => domainOf(node, term.topologyKey) !== undefined);
    const near = state.affinity.every((term) => isIn(state.affinityCounts, node, term.topologyKey));
    if (!hasKeys || !(near || state.firstOfItsKind))
      return { reasons: ["node(s) didn't match pod affinity rules"], unresolvable: true };
    if (state.antiAffinity.some((term) => isIn(state.antiAffinityCounts, node, term.topologyKey)))
      return { reasons: ["node(s) didn't match pod anti-affinity rules"] };
    for (const [domain] of state.refused) {
      const key = domain.slice(0, domain.indexOf('='));
      if (domainOf(node, key) === domain)
        return { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"] };
    }
    return undefined;
  },
  preScore(pod, _nodes, snapshot, cycle) {
    const own = preferred(pod);
    const counts: Counts = new Map();
    for (const node of snapshot.nodes) {
      for (const other of node.pods) {
        for (const term of own) if (term.selects(other)) count(counts, node, term.topologyKey, term.weight);
        if (other.spec.affinity === undefined) continue;
        for (const term of preferred(other)) if (term.selects(pod)) count(counts, node, term.topologyKey, term.weight);
        // A pod that must be near the incoming one attracts it (hardPodAffinityWeight = 1).
        for (const term of requiredAffinity(other)) if (term.selects(pod)) count(counts, node, term.topologyKey, 1);
      }
    }
    cycle.set('InterPodAffinity/score', counts);
    return counts.size === 0;
  },
  score(_pod, node, cycle) {
    const counts = cycle.get('InterPodAffinity/score');
    if (!(counts instanceof Map)) return 0;
    let sum = 0;
    for (const [domain, weight] of counts) {
      const key = String(domain);
      if (domainOf(node, key.slice(0, key.indexOf('='))) === key) sum += Number(weight);
    }
    return sum;
  },
  normalize(scores) {
    const max = scores.reduce((a, b) => Math.max(a, b), Number.MIN_SAFE_INTEGER);
    const min = scores.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER);
    return scores.map((score) => (max === min ? 0 : Math.trunc((MAX_NODE_SCORE * (score - min)) / (max - min))));
  },
};

function isFilterState(value: unknown): value is FilterState {
  return typeof value === 'object' && value !== null && 'firstOfItsKind' in value;
}
