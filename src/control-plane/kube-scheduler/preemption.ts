import type { Pod } from '../../api/types.gen.ts';
import { compareStrings } from '../../lib/order.ts';
import type { CycleState, SchedulerPlugin, Snapshot } from './framework.ts';
import { nodeInfo, type NodeInfo } from './node-info.ts';
import { reasonsText, runFilters, runPreFilters, type NodeRejection } from './schedule-pod.ts';

export interface Preemption {
  /** Where the pod would fit once the victims are gone. */
  readonly node?: string;
  readonly victims: readonly Pod[];
  /** What FailedScheduling says of it. */
  readonly message: string;
}

interface Candidate {
  readonly node: string;
  readonly victims: readonly Pod[];
}

const priorityOf = (pod: Pod) => pod.spec.priority ?? 0;
const startOf = (pod: Pod) => pod.status?.startTime ?? '';

/** Higher priority first, then longer running (Models util.MoreImportantPod). */
const moreImportant = (a: Pod, b: Pod) =>
  priorityOf(b) - priorityOf(a) ||
  compareStrings(startOf(a), startOf(b)) ||
  compareStrings(a.metadata.name, b.metadata.name);

/** Models pkg/scheduler/framework/preemption and plugins/defaultpreemption; the message begins with DynamicResources' part, which runs before. */
export function preempt(
  pod: Pod,
  snapshot: Snapshot,
  rejections: ReadonlyMap<string, NodeRejection>,
  plugins: readonly SchedulerPlugin[],
): Preemption {
  const prefix = 'no new claims to deallocate, preemption: ';
  const refused = notEligible(pod, snapshot);
  if (refused !== undefined) return { victims: [], message: `${prefix}${refused}` };
  const reasons: string[] = [];
  const candidates: Candidate[] = [];
  for (const node of snapshot.nodes) {
    const rejected = rejections.get(node.name);
    if (rejected === undefined) continue;
    if (rejected.rejection.unresolvable === true) {
      reasons.push('Preemption is not helpful for scheduling');
      continue;
    }
    const result = selectVictims(pod, node, snapshot, plugins);
    if (Array.isArray(result)) candidates.push({ node: node.name, victims: result });
    else reasons.push(...result.reasons);
  }
  const best = pickOne(candidates);
  if (best !== undefined) return { ...best, message: '' };
  return { victims: [], message: `${prefix}0/${snapshot.nodes.length} nodes are available:${reasonsText(reasons)}` };
}

function notEligible(pod: Pod, snapshot: Snapshot): string | undefined {
  if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = pod.status?.nominatedNodeName ?? '';
  const node = snapshot.nodes.find(({ name }) => name === nominated);
  const leaving = node?.pods.some(
    (other) => other.metadata.deletionTimestamp !== undefined && priorityOf(other) < priorityOf(pod),
  );
  return leaving === true ? 'not eligible due to terminating pod on the nominated node.' : undefined;
}

/** Takes every less important pod away, and lets as many as possible stay. */
function selectVictims(
  pod: Pod,
  node: NodeInfo,
  snapshot: Snapshot,
  plugins: readonly SchedulerPlugin[],
): Pod[] | { readonly reasons: readonly string[] } {
  const lower = node.pods.filter((other) => priorityOf(other) < priorityOf(pod));
  if (lower.length === 0) return { reasons: ['No preemption victims found for incoming pod'] };
  let staying = node.pods.filter((other) => priorityOf(other) >= priorityOf(pod));
  const without = filterWith(pod, node, staying, snapshot, plugins);
  if (without !== undefined) return without.rejection;
  const victims: Pod[] = [];
  for (const other of [...lower].sort(moreImportant)) {
    if (filterWith(pod, node, [...staying, other], snapshot, plugins) === undefined) staying = [...staying, other];
    else victims.push(other);
  }
  return victims;
}

function filterWith(
  pod: Pod,
  node: NodeInfo,
  pods: readonly Pod[],
  snapshot: Snapshot,
  plugins: readonly SchedulerPlugin[],
): NodeRejection | undefined {
  const changed = nodeInfo(node.node, pods);
  const cycle: CycleState = new Map();
  const nodes = snapshot.nodes.map((other) => (other.name === node.name ? changed : other));
  return runPreFilters(pod, { ...snapshot, nodes }, plugins, cycle) ?? runFilters(pod, changed, plugins, cycle);
}

/** Least important highest victim, smallest sum of priorities, fewest victims, latest start, first by name. */
function pickOne(candidates: readonly Candidate[]): Candidate | undefined {
  const highest = ({ victims }: Candidate) =>
    victims.reduce((most, victim) => Math.max(most, priorityOf(victim)), Number.MIN_SAFE_INTEGER);
  const sum = ({ victims }: Candidate) =>
    victims.reduce((total, victim) => total + priorityOf(victim) + 2_147_483_649, 0);
  const earliestStart = ({ victims }: Candidate) =>
    victims
      .filter((victim) => priorityOf(victim) === highest({ node: '', victims }))
      .map(startOf)
      .sort(compareStrings)[0] ?? '';
  return [...candidates].sort(
    (a, b) =>
      highest(a) - highest(b) ||
      sum(a) - sum(b) ||
      a.victims.length - b.victims.length ||
      compareStrings(earliestStart(b), earliestStart(a)) ||
      compareStrings(a.node, b.node),
  )[0];
}
