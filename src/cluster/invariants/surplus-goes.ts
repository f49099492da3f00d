import type { Deployment, Lease } from '../../api/types.gen.ts';
import { SECOND, type Micros } from '../../sim/env.ts';
import { Calm } from './calm.ts';
import type { Invariant } from './invariant.ts';
import { limitOf } from './replicas-within-limits.ts';
import { Workloads } from './workloads.ts';

/** How long surplus pods may stay without any of them going: deletes are sent 20 a second. */
const BOUND: Micros = 10 * SECOND;
const LEASE = '/registry/leases/kube-system/kube-controller-manager';
/** A leader that has just begun reads everything first. */
const SETTLED_IN: Micros = 20 * SECOND;

interface Surplus {
  readonly count: number;
  /** When it was last seen to shrink, or began. */
  readonly since: Micros;
}

/**
 * Models pkg/controller/{replicaset,deployment}: a ReplicaSet marks what is beyond its replicas for deletion at once, so that a
 * Deployment has no more pods than replicas + maxSurge, those that terminate counted apart.
 */
export const surplusGoes: Invariant = {
  name: 'surplus pods go',
  says: 'While nothing is broken, no ReplicaSet keeps pods beyond its replicas, no Deployment beyond replicas + maxSurge (for 10 s).',
  hears: ['fault', 'commit'],
  create() {
    const workloads = new Workloads();
    const calm = new Calm();
    let surpluses = new Map<string, Surplus>();
    let changed = false;
    let counts: (readonly [string, number])[] = [];
    let looked: Micros = 0;
    let leader = { holder: '', since: 0, renewed: -Infinity };
    return (event, { commit }) => {
      calm.fold(event);
      for (const change of commit?.changes ?? []) {
        changed = workloads.fold(change) || changed;
        if (change.key !== LEASE) continue;
        const holder = (change.object as Lease | undefined)?.spec?.holderIdentity ?? '';
        const goesOn = holder === leader.holder && event.at <= leader.renewed + BOUND;
        leader = { holder, since: goesOn ? leader.since : event.at, renewed: event.at };
      }
      if (event.at < looked + SECOND) return undefined;
      looked = event.at;
      if (changed) counts = [...counted(workloads)];
      changed = false;
      const before = surpluses;
      surpluses = new Map();
      const since = Math.max(calm.since(event.at) ?? Infinity, leader.since + SETTLED_IN);
      const leads = leader.holder !== '' && leader.renewed > event.at - BOUND;
      for (const [key, count] of counts) {
        const was = before.get(key);
        const surplus = was === undefined || count < was.count ? { count, since: event.at } : { ...was, count };
        surpluses.set(key, surplus);
        if (leads && event.at - Math.max(surplus.since, since) > BOUND) {
          surpluses.set(key, { count, since: event.at });
          return `${key} has had ${count} pods too many for ${Math.floor((event.at - surplus.since) / SECOND)} s`;
        }
      }
      return undefined;
    };
  },
};

/** How many pods are beyond what is wanted or allowed, by the key of the ReplicaSet or Deployment. */
function* counted(workloads: Workloads): Generator<readonly [string, number]> {
  const pods = workloads.activePods();
  for (const [key, { metadata, spec }] of workloads.replicaSets) {
    const surplus = (pods.get(metadata.uid ?? '') ?? 0) - (spec.replicas ?? 1);
    if (surplus > 0 && metadata.deletionTimestamp === undefined) yield [key, surplus];
  }
  const sums = new Map<string, number>();
  for (const { metadata } of workloads.replicaSets.values()) {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
    if (owner !== undefined) sums.set(owner, (sums.get(owner) ?? 0) + (pods.get(metadata.uid ?? '') ?? 0));
  }
  for (const [key, deployment] of workloads.deployments) {
    const surplus = (sums.get(deployment.metadata.uid ?? '') ?? 0) - limitOf(deployment);
    if (surplus > 0 && isUnpaused(deployment)) yield [key, surplus];
  }
}

function isUnpaused({ metadata, spec }: Deployment): boolean {
  return metadata.deletionTimestamp === undefined && spec.paused !== true;
}
