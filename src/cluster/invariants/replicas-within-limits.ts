import type { Deployment, ReplicaSet } from '../../api/types.gen.ts';
import { SECOND, type Micros } from '../../sim/env.ts';
import { Calm } from './calm.ts';
import type { Invariant } from './invariant.ts';
import { LaggingWatches } from './lagging-watches.ts';
import { Workloads } from './workloads.ts';

/**
 * A plan is carried out though the number of replicas changes meanwhile: at most 500 creates (BurstReplicas), 20 a second
 * (--kube-api-qps), and the last of them may be on its way for so long.
 */
const BURST: Micros = 25 * SECOND;
const ON_ITS_WAY: Micros = 5 * SECOND;
const CREATE: Micros = SECOND / 20;

/**
 * A leader that was stopped, or whose requests were held up, acts on what it knew until it notices that its lease is lost:
 * the API has no fencing. So does one whose watches lag. What it does too much is taken back.
 */
const OVERTAKEN: Micros = 15 * SECOND;

/** The most that a number has been of late. */
class Recent {
  #values: { readonly at: Micros; readonly value: number }[] = [];
  add(at: Micros, value: number): void {
    this.#values = [...this.#since(at - BURST - ON_ITS_WAY), { at, value }];
  }
  /** While nothing is broken, a plan for fewer pods is carried out sooner. */
  most(at: Micros, isCalm: boolean): number {
    const most = this.#mostSince(at - BURST - ON_ITS_WAY);
    return isCalm ? this.#mostSince(at - Math.min(BURST, most * CREATE) - ON_ITS_WAY) : most;
  }
  #mostSince(at: Micros): number {
    return Math.max(0, ...this.#since(at).map(({ value }) => value));
  }
  /** The last one before the span still counts: it held when the span began. */
  #since(at: Micros) {
    return this.#values.slice(
      Math.max(
        0,
        this.#values.findLastIndex((entry) => entry.at <= at),
      ),
    );
  }
}

/** Models the promises of pkg/controller/{replicaset,deployment}: expectations and the surge keep creation within bounds. */
export const replicasWithinLimits: Invariant = {
  name: 'replicas within limits',
  says: 'No ReplicaSet gets a pod beyond its replicas, and no Deployment asks for more than replicas + maxSurge.',
  hears: ['fault', 'commit', 'lease', 'belief'],
  create() {
    const workloads = new Workloads();
    const watches = new LaggingWatches(['deployments', 'replicasets', 'pods']);
    const calm = new Calm();
    const wanted = new Map<string, Recent>();
    const limits = new Map<string, Recent>();
    let overtaken = -OVERTAKEN;
    const recent = (map: Map<string, Recent>, uid: string) => {
      const found = map.get(uid) ?? new Recent();
      map.set(uid, found);
      return found;
    };
    return (event, { commit }) => {
      if (event.kind === 'fault' && event.state === 'healed' && /^(pause|partition)/.test(event.command))
        overtaken = event.at;
      watches.fold(event, commit);
      calm.fold(event);
      const isCalm = calm.since(event.at) !== undefined;
      const exempt = () => event.at < overtaken + OVERTAKEN || watches.lagging(event.at);
      for (const change of commit?.changes ?? []) {
        const { key, object, created } = change;
        const before = workloads.replicaSets.get(key)?.spec?.replicas ?? 0;
        workloads.fold(change);
        const uid = object?.metadata.uid ?? '';
        if (object !== undefined && key.startsWith('/registry/deployments/'))
          recent(limits, uid).add(event.at, limitOf(object as Deployment));
        if (object !== undefined && key.startsWith('/registry/replicasets/')) {
          const set = object as ReplicaSet;
          const replicas = set.spec?.replicas ?? 1;
          recent(wanted, uid).add(event.at, replicas);
          const owner = ownerOf(set);
          if (owner === undefined || replicas <= before || !limits.has(owner)) continue;
          const sum = workloads.setsOf(owner).reduce((total, one) => total + (one.spec?.replicas ?? 1), 0);
          const most = recent(limits, owner).most(event.at, isCalm);
          if (sum > most && !exempt())
            return `${key} was scaled from ${before} to ${replicas}: ${sum} replicas, the Deployment allows ${most}`;
        }
        if (object !== undefined && created && key.startsWith('/registry/pods/')) {
          const owner = ownerOf(object);
          if (owner === undefined || !wanted.has(owner)) continue;
          const pods = workloads.activePodsOf(owner);
          const most = recent(wanted, owner).most(event.at, isCalm);
          if (pods > most && !exempt()) return `${key} was created: ${pods} active pods, the ReplicaSet wants ${most}`;
        }
      }
      return undefined;
    };
  },
};

function ownerOf(object: { readonly metadata: ReplicaSet['metadata'] }): string | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

/** The most pods that a Deployment may have. */
export function limitOf(deployment: Deployment): number {
  const replicas = deployment.spec.replicas ?? 1;
  const surge = deployment.spec.strategy?.rollingUpdate?.maxSurge;
  if (surge === undefined) return replicas;
  if (typeof surge === 'number') return replicas + surge;
  return replicas + Math.ceil((Number.parseInt(surge, 10) * replicas) / 100);
}
