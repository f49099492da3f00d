import type { Pod } from '../../api/types.gen.ts';
import { ANNOTATION, fullName, isMirror, isStatic, uidOf } from './format.ts';

/** Pods of this node: the API's and those from files, with the mirrors that stand for the latter in the API. */
export class PodStore {
  readonly #pods = new Map<string, Pod>();
  readonly #mirrors = new Map<string, Pod>();

  set(pod: Pod): void {
    if (isMirror(pod)) this.#mirrors.set(fullName(pod), pod);
    else this.#pods.set(uidOf(pod), pod);
  }

  delete(pod: Pod): void {
    if (!isMirror(pod)) this.#pods.delete(uidOf(pod));
    else if (this.#mirrors.get(fullName(pod))?.metadata.uid === pod.metadata.uid) this.#mirrors.delete(fullName(pod));
  }

  byUid(uid: string): Pod | undefined {
    return this.#pods.get(uid);
  }

  byName(namespace: string, name: string): Pod | undefined {
    for (const pod of this.#pods.values())
      if (pod.metadata.name === name && (pod.metadata.namespace ?? 'default') === namespace) return pod;
    return undefined;
  }

  /** Without mirrors. */
  list(): readonly Pod[] {
    return [...this.#pods.values()];
  }

  mirrorOf(pod: Pod): Pod | undefined {
    return this.#mirrors.get(fullName(pod));
  }

  mirrors(): readonly Pod[] {
    return [...this.#mirrors.values()];
  }

  /** The pod that a mirror stands for. */
  ofMirror(mirror: Pod): Pod | undefined {
    return this.list().find((pod) => isStatic(pod) && fullName(pod) === fullName(mirror));
  }
}

export function isMirrorOf(mirror: Pod, pod: Pod): boolean {
  return mirror.metadata.annotations?.[ANNOTATION.mirror] === pod.metadata.annotations?.[ANNOTATION.hash];
}
