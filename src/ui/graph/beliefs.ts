import type { Micros } from '../../sim/env.ts';
import type { World } from '../stores/world.ts';

export interface Believer {
  readonly host: string;
  readonly program: string;
}

/** Components that have said what they have seen: `host/process` by the trace. */
export function believers(world: World): Believer[] {
  return [...world.beliefs.keys()].sort().map((component) => believerOf(world, component));
}

function believerOf(world: World, component: string): Believer {
  const slash = component.indexOf('/');
  const host = component.slice(0, slash);
  return { host, program: world.processes.get(component)?.program ?? component.slice(slash + 1) };
}

export interface BeliefRow {
  readonly resource: string;
  readonly seen: number;
  readonly now: number;
  readonly at: Micros;
  /** Revisions of this kind that it has not seen. */
  readonly behind: number;
}

/** What a component has seen of each kind against what is. */
export function beliefRows(world: World, host: string, program: string): BeliefRow[] {
  const rows: BeliefRow[] = [];
  for (const [component, seen] of world.beliefs) {
    const believer = believerOf(world, component);
    if (believer.host !== host || believer.program !== program) continue;
    if (world.processes.get(component)?.state === 'exited') continue;
    for (const [resource, belief] of seen) {
      const now = newestOf(world, resource);
      rows.push({
        resource,
        seen: belief.resourceVersion,
        now,
        at: belief.at,
        behind: Math.max(0, now - belief.resourceVersion),
      });
    }
  }
  return rows.sort((a, b) => (a.resource < b.resource ? -1 : 1));
}

/** The revision at which something of a kind last changed. */
function newestOf(world: World, resource: string): number {
  const prefix = prefixOfResource(resource);
  let newest = 0;
  for (const stored of world.objects.values())
    if (stored.revision > newest && stored.key.startsWith(prefix)) newest = stored.revision;
  return newest;
}

const PLACES: Readonly<Record<string, string>> = {
  nodes: 'minions',
  services: 'services/specs',
  endpoints: 'services/endpoints',
};

/** `pods`, or `deployments.apps`: the group is no part of the key. */
export function prefixOfResource(resource: string): string {
  const plural = resource.split('.')[0]?.split('/').at(-1) ?? resource;
  return `/registry/${PLACES[plural] ?? plural}/`;
}
