import type { Deployment, KubeObject, Pod, ReplicaSet } from '../../api/types.gen.ts';
import type { CommittedChange } from './commit.ts';

const FINISHED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** Deployments, ReplicaSets and their pods as committed. */
export class Workloads {
  readonly deployments = new Map<string, Deployment>();
  readonly replicaSets = new Map<string, ReplicaSet>();
  readonly #pods = new Map<string, { readonly owner: string; readonly active: boolean }>();

  /** Says whether the change is of one of these. */
  fold(change: CommittedChange): boolean {
    const { key } = change;
    if (key.startsWith('/registry/deployments/')) put(this.deployments, key, change.object as Deployment | undefined);
    else if (key.startsWith('/registry/replicasets/'))
      put(this.replicaSets, key, change.object as ReplicaSet | undefined);
    else if (key.startsWith('/registry/pods/')) this.#foldPod(key, change.object as Pod | undefined);
    else return false;
    return true;
  }

  #foldPod(key: string, pod: Pod | undefined): void {
    const owner = controllerOf(pod);
    if (pod === undefined || owner === undefined) this.#pods.delete(key);
    else this.#pods.set(key, { owner, active: isActive(pod) });
  }

  setsOf(owner: string): ReplicaSet[] {
    return [...this.replicaSets.values()].filter((set) => controllerOf(set) === owner);
  }

  activePodsOf(owner: string): number {
    return this.activePods().get(owner) ?? 0;
  }

  /** How many by the uid of their owner. */
  activePods(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { owner, active } of this.#pods.values()) if (active) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    return counts;
  }
}

function put<T>(map: Map<string, T>, key: string, object: T | undefined): void {
  if (object === undefined) map.delete(key);
  else map.set(key, object);
}

function controllerOf(object: KubeObject | undefined): string | undefined {
  return object?.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

function isActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && !FINISHED.has(pod.status?.phase ?? '');
}
