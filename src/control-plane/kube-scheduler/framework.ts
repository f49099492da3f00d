import type { Node, Pod } from '../../api/types.gen.ts';
import type { NodeInfo } from './node-info.ts';

/** What happened in the cluster that could make a rejected pod fit (Models pkg/scheduler/framework/events.go). */
export type ClusterEvent =
  | 'Node/Add'
  | 'Node/UpdateLabel'
  | 'Node/UpdateTaint'
  | 'Node/UpdateAllocatable'
  | 'AssignedPod/Add'
  | 'AssignedPod/Update'
  | 'AssignedPod/Delete'
  | 'Pod/Update';

/** Why a node was ruled out. `reasons` are printed as they are: "0/3 nodes are available: 3 <reason>." */
export interface Rejection {
  readonly reasons: readonly string[];
  /** Removing pods cannot help: preemption leaves the node alone. */
  readonly unresolvable?: boolean;
}

/** The nodes as one scheduling cycle sees them. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[];
  /** Number of nodes that hold an image, by name. */
  readonly imageHolders: ReadonlyMap<string, number>;
  /** Label selectors of the Services, ReplicaSets … that select the pod (for the default spreading constraints). */
  readonly selectsPod: (pod: Pod, other: Pod) => boolean;
  /** True when anything selects the pod at all. */
  readonly hasSelector: (pod: Pod) => boolean;
}

/** Data that a plugin computed once for the pod being scheduled, by plugin name. */
export type CycleState = Map<string, unknown>;

export const MAX_NODE_SCORE = 100;

/** Implement any subset; the framework runs the points in the order of plugins/index.ts. */
export interface SchedulerPlugin {
  readonly name: string;
  /** Weight of its normalised score; 0 or absent: does not score. */
  readonly weight?: number;
  /** What could make a pod fit that this plugin rejected. */
  readonly wakesOn: readonly ClusterEvent[];
  /** Whether this very change could help the pod (Models QueueingHintFn). Absent: any change of the kinds above could. */
  hint?(pod: Pod, event: ClusterEvent, changed: Node | Pod): boolean;
  /** Once per pod. A rejection here rules every node out. */
  preFilter?(pod: Pod, snapshot: Snapshot, cycle: CycleState): Rejection | undefined;
  filter?(pod: Pod, node: NodeInfo, cycle: CycleState): Rejection | undefined;
  /** Once per pod, over the nodes that passed. Returns true to skip scoring by this plugin. */
  preScore?(pod: Pod, nodes: readonly NodeInfo[], snapshot: Snapshot, cycle: CycleState): boolean;
  /** Any number; brought to 0..100 by `normalize`. */
  score?(pod: Pod, node: NodeInfo, cycle: CycleState): number;
  normalize?(scores: number[], nodes: readonly NodeInfo[], cycle: CycleState): number[];
}

/** Scales to 0..100 of the largest, optionally reversed (Models framework/plugins/helper/normalize_score.go). */
export function defaultNormalize(scores: readonly number[], reverse: boolean): number[] {
  const max = scores.reduce((most, score) => Math.max(most, score), 0);
  if (max === 0) return scores.map(() => (reverse ? MAX_NODE_SCORE : 0));
  return scores.map((score) => {
    const scaled = Math.trunc((MAX_NODE_SCORE * score) / max);
    return reverse ? MAX_NODE_SCORE - scaled : scaled;
  });
}

/** The changed object of a `Node/…` event. */
export function isNode(object: Node | Pod): object is Node {
  return object.kind === 'Node';
}
