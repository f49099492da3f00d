import type { History } from '../stores/history.ts';
import { nodeReady, podsOf } from '../stores/pods.ts';
import type { Revision, StoredObject, World } from '../stores/world.ts';
import { beliefRows, prefixOfResource, type BeliefRow, type Believer } from './beliefs.ts';
import type { MachineInfo } from './layout.ts';
import type { MapView } from './map-view.ts';
import { span } from './time-text.ts';

export interface BelievedMap {
  readonly view: MapView;
  /** Pods that are no longer as they are believed to be, by uid. */
  readonly stale: ReadonlySet<string>;
  readonly tags: ReadonlyMap<string, readonly [string, string]>;
}

/** The map as one component believes it: each kind as it was at the last revision that it has seen. */
export function believedMap(
  world: World,
  history: History,
  machines: readonly MachineInfo[],
  real: MapView,
  believer: Believer,
): BelievedMap {
  const rows = beliefRows(world, believer.host, believer.program);
  const believed: World = {
    ...world,
    objects: believedObjects(world, history, rows),
    sandboxes: new Map(),
    machines: new Map(),
  };
  const pods = podsOf(believed).filter((pod) => !pod.mirror);
  const stale = new Set<string>();
  const tags = new Map<string, readonly [string, string]>();
  const podRow = rows.find((row) => prefixOfResource(row.resource) === '/registry/pods/');
  for (const pod of pods) {
    const seen = believed.objects.get(pod.key);
    const now = world.objects.get(pod.key);
    if (seen === undefined || podRow === undefined || now?.revision === seen.revision) continue;
    stale.add(pod.uid);
    const truth =
      now === undefined
        ? `in fact deleted at rv ${deletedAt(history, pod.key)}`
        : `in fact changed at rv ${now.revision}`;
    if (!tags.has(pod.node))
      tags.set(pod.node, [`seen at rv ${podRow.seen}, ${span(world.now - podRow.at)} ago`, truth]);
  }
  const view = new Map(real);
  for (const machine of machines) {
    const old = real.get(machine.name);
    if (old === undefined || (machine.role !== 'worker' && machine.role !== 'control-plane')) continue;
    const own = pods.filter((pod) => pod.node === machine.name);
    const ready = nodeReady(believed, machine.name);
    const headline =
      machine.name === believer.host ? 'believes' : ready === '' ? 'no Node' : `Node ${READY[ready] ?? ready}`;
    const chips = machine.role === 'worker' ? [] : old.chips;
    view.set(machine.name, { ...old, state: 'on', silent: false, headline, chips, pods: own });
  }
  return { view, stale, tags };
}

const READY: Readonly<Record<string, string>> = { True: 'Ready', False: 'NotReady', Unknown: 'Unknown' };

function deletedAt(history: History, key: string): number {
  return history.byKey.get(key)?.findLast((revision) => revision.value === undefined)?.revision ?? 0;
}

function believedObjects(world: World, history: History, rows: readonly BeliefRow[]): Map<string, StoredObject> {
  const objects = new Map<string, StoredObject>();
  for (const row of rows) {
    const prefix = prefixOfResource(row.resource);
    for (const [key, revisions] of history.byKey) {
      if (!key.startsWith(prefix)) continue;
      const now = world.objects.get(key);
      if (now !== undefined && now.revision <= row.seen) objects.set(key, now);
      else {
        const then = storedAt(revisions, row.seen);
        if (then !== undefined) objects.set(key, then);
      }
    }
  }
  return objects;
}

function storedAt(revisions: readonly Revision[], seen: number): StoredObject | undefined {
  const last = revisions.findLast((revision) => revision.revision <= seen);
  if (last?.value === undefined) return undefined;
  const created = revisions.findLast((revision) => revision.created && revision.revision <= seen) ?? last;
  return {
    key: last.key,
    value: last.value,
    revision: last.revision,
    createRevision: created.revision,
    version: 1,
    at: last.at,
    createdAt: created.at,
  };
}
