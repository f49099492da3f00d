// Models pkg/controller/nodelifecycle ComputeZoneState and its rate limits: many dead nodes at once are more likely a dead network.
import type { Node } from '../../api/types.gen.ts';
import type { Micros } from '../../sim/env.ts';
import { SECOND } from '../../sim/env.ts';

export type ZoneState = 'Initial' | 'Normal' | 'PartialDisruption' | 'FullDisruption';

export interface EvictionLimits {
  /** Nodes per second, in thousandths. */
  readonly rate: number;
  readonly secondaryRate: number;
  /** Part of a zone that may be unhealthy, in thousandths. */
  readonly threshold: number;
  readonly largeCluster: number;
}

export interface Zone {
  readonly state: ZoneState;
  /** Nodes to be tainted NoExecute, in the order in which they fell silent. */
  readonly queue: readonly string[];
  readonly nextAt: Micros;
  /** The node whose turn it was: until the cache shows its taint, the write may have been refused. */
  readonly tainting?: string;
  /** Time between two; undefined: evictions stand still. */
  readonly interval: Micros | undefined;
}

export function zoneOf(node: Node): string {
  const labels = node.metadata.labels ?? {};
  const region = labels['topology.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\0:${zone}`;
}

export function zoneState(ready: number, notReady: number, limits: EvictionLimits): ZoneState {
  if (ready === 0 && notReady > 0) return 'FullDisruption';
  return notReady > 2 && notReady * 1000 >= limits.threshold * (ready + notReady) ? 'PartialDisruption' : 'Normal';
}

export function intervalFor(state: ZoneState, size: number, limits: EvictionLimits): Micros | undefined {
  const small = size <= limits.largeCluster;
  const rate = state === 'PartialDisruption' ? (small ? 0 : limits.secondaryRate) : limits.rate;
  return rate === 0 ? undefined : Math.floor((1000 * SECOND) / rate);
}
