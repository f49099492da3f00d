import type { KubeObject, Pod, ReplicaSet } from '../../api/types.gen.ts';
import type { CommittedChange } from './commit.ts';

const FINISHED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** ReplicaSets and their pods as committed. */
export class Workloads {
  readonly replicaSets = new Map<string, ReplicaSet>();
  readonly #pods = new Map<string, { readonly owner: string; readonly active: boolean }>();

  fold({ key, object }: CommittedChange): void {
    if (key.startsWith('/registry/replicasets/')) {
      if (object === undefined) this.replicaSets.delete(key);
      else this.replicaSets.set(key, object as ReplicaSet);
    }
    if (!key.startsWith('/registry/pods/')) return;
    const owner = controllerOf(object);
    if (object === undefined || owner === undefined) this.#pods.delete(key);
    else this.#pods.set(key, { owner, active: isActive(object as Pod) });
  }

  setsOf(owner: string): ReplicaSet[] {
    return [...this.replicaSets.values()].filter((set) => controllerOf(set) === owner);
  }

  activePodsOf(owner: string): number {
    let count = 0;
    for (const pod of this.#pods.values()) if (pod.owner === owner && pod.active) count++;
    return count;
  }
}

function controllerOf(object: KubeObject | undefined): string | undefined {
  return object?.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

function isActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && !FINISHED.has(pod.status?.phase ?? '');
}
