import type { Pod } from '../../api/types.gen.ts';
import { compareStrings } from '../../lib/order.ts';
import type { Random } from '../../sim/env.ts';
import type { SchedulerVerdict } from '../../sim/trace.ts';
import type { CycleState, Rejection, SchedulerPlugin, Snapshot } from './framework.ts';
import type { NodeInfo } from './node-info.ts';

export interface NodeRejection {
  readonly plugin: string;
  readonly rejection: Rejection;
}

export type Outcome =
  | { readonly kind: 'fits'; readonly node: string; readonly verdicts: readonly SchedulerVerdict[] }
  | {
      readonly kind: 'unschedulable';
      readonly rejections: ReadonlyMap<string, NodeRejection>;
      /** A PreFilter's reason, which rules every node out at once. */
      readonly preFilter?: string;
      /** Plugins that ruled nodes out: what they wait for wakes the pod. */
      readonly guilty: readonly SchedulerPlugin[];
      readonly verdicts: readonly SchedulerVerdict[];
    };

const MIN_FEASIBLE_NODES = 100;

/** How many feasible nodes are enough (Models pkg/scheduler/schedule_one.go numFeasibleNodesToFind). */
export function nodesToFind(total: number): number {
  if (total <= MIN_FEASIBLE_NODES) return total;
  const percentage = Math.max(5, 50 - Math.trunc(total / 125));
  return Math.max(MIN_FEASIBLE_NODES, Math.trunc((total * percentage) / 100));
}

/** One scheduling cycle: filter, score, choose. `start`: the node to begin with, moved on from cycle to cycle. */
export function schedulePod(
  pod: Pod,
  snapshot: Snapshot,
  plugins: readonly SchedulerPlugin[],
  random: Random,
  start: number,
): Outcome & { readonly examined: number } {
  const cycle: CycleState = new Map();
  const rejections = new Map<string, NodeRejection>();
  const stopped = runPreFilters(pod, snapshot, plugins, cycle);
  if (stopped !== undefined) {
    for (const node of snapshot.nodes) rejections.set(node.name, stopped);
    return { ...unschedulable(rejections, plugins), preFilter: stopped.rejection.reasons.join(', '), examined: 0 };
  }
  const wanted = nodesToFind(snapshot.nodes.length);
  const feasible: NodeInfo[] = [];
  let examined = 0;
  for (; examined < snapshot.nodes.length && feasible.length < wanted; examined++) {
    const node = snapshot.nodes[(start + examined) % snapshot.nodes.length];
    if (node === undefined) break;
    const rejected = runFilters(pod, node, plugins, cycle);
    if (rejected === undefined) feasible.push(node);
    else rejections.set(node.name, rejected);
  }
  if (feasible.length === 0) return { ...unschedulable(rejections, plugins), examined };
  const verdicts = score(pod, feasible, snapshot, plugins, cycle);
  return { kind: 'fits', node: choose(verdicts, random), verdicts: [...verdicts, ...verdictsOf(rejections)], examined };
}

export function runPreFilters(
  pod: Pod,
  snapshot: Snapshot,
  plugins: readonly SchedulerPlugin[],
  cycle: CycleState,
): NodeRejection | undefined {
  for (const plugin of plugins) {
    const rejection = plugin.preFilter?.(pod, snapshot, cycle);
    if (rejection !== undefined) return { plugin: plugin.name, rejection };
  }
  return undefined;
}

export function runFilters(
  pod: Pod,
  node: NodeInfo,
  plugins: readonly SchedulerPlugin[],
  cycle: CycleState,
): NodeRejection | undefined {
  for (const plugin of plugins) {
    const rejection = plugin.filter?.(pod, node, cycle);
    if (rejection !== undefined) return { plugin: plugin.name, rejection };
  }
  return undefined;
}

function unschedulable(
  rejections: ReadonlyMap<string, NodeRejection>,
  plugins: readonly SchedulerPlugin[],
): Outcome & { kind: 'unschedulable' } {
  const names = new Set([...rejections.values()].map(({ plugin }) => plugin));
  const guilty = plugins.filter(({ name }) => names.has(name));
  return { kind: 'unschedulable', rejections, guilty, verdicts: verdictsOf(rejections) };
}

function verdictsOf(rejections: ReadonlyMap<string, NodeRejection>): SchedulerVerdict[] {
  return [...rejections].map(([node, { plugin, rejection }]) => ({
    node,
    rejectedBy: { plugin, reason: rejection.reasons.join(', ') },
  }));
}

function score(
  pod: Pod,
  nodes: readonly NodeInfo[],
  snapshot: Snapshot,
  plugins: readonly SchedulerPlugin[],
  cycle: CycleState,
): SchedulerVerdict[] {
  const byPlugin = plugins.flatMap((plugin) => {
    if (plugin.score === undefined || nodes.length === 1) return [];
    if (plugin.preScore?.(pod, nodes, snapshot, cycle) === true) return [];
    const raw = nodes.map((node) => plugin.score?.(pod, node, cycle) ?? 0);
    const normal = plugin.normalize === undefined ? raw : plugin.normalize(raw, nodes, cycle);
    return [{ name: plugin.name, scores: normal.map((value) => value * (plugin.weight ?? 1)) }];
  });
  return nodes.map((node, index) => {
    const scores = Object.fromEntries(byPlugin.map(({ name, scores: all }) => [name, all[index] ?? 0]));
    return { node: node.name, scores, total: Object.values(scores).reduce((a, b) => a + b, 0) };
  });
}

/** One of the best, drawn evenly (Models selectHost's reservoir sampling). */
function choose(verdicts: readonly SchedulerVerdict[], random: Random): string {
  const best = verdicts.reduce((most, { total }) => Math.max(most, total ?? 0), Number.MIN_SAFE_INTEGER);
  const candidates = verdicts.filter(({ total }) => total === best);
  return candidates[candidates.length === 1 ? 0 : random.below(candidates.length)]?.node ?? '';
}

/** "0/3 nodes are available: 2 node(s) were unschedulable, 3 Insufficient cpu." (Models framework.FitError). */
export function fitMessage(total: number, rejections: ReadonlyMap<string, NodeRejection>, preFilter?: string): string {
  if (total === 0) return 'no nodes available to schedule pods';
  if (preFilter !== undefined) return `0/${total} nodes are available: ${preFilter}.`;
  const all = [...rejections.values()].flatMap(({ rejection }) => rejection.reasons);
  return `0/${total} nodes are available:${reasonsText(all)}`;
}

/** ` 1 reason a, 2 reason b.` in the order of the text. */
export function reasonsText(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort(compareStrings);
  return texts.length === 0 ? '' : ` ${texts.join(', ')}.`;
}
