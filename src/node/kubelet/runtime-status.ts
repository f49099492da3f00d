import type { ContainerStatus, PodSandbox } from '../../api/cri.ts';
import { CONTAINER_ANNOTATION } from './format.ts';

/** What the runtime says of one pod. Newest first. */
export interface RuntimeStatus {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly sandboxes: readonly PodSandbox[];
  readonly containers: readonly ContainerStatus[];
}

export function emptyStatus(uid: string, name = '', namespace = ''): RuntimeStatus {
  return { uid, name, namespace, sandboxes: [], containers: [] };
}

/** The newest container of that name. */
export function findContainer(status: RuntimeStatus, name: string): ContainerStatus | undefined {
  return status.containers.find((container) => container.metadata.name === name);
}

/** Address of the newest sandbox, if it is ready and has one. */
export function podIpOf(status: RuntimeStatus): string | undefined {
  const [newest] = status.sandboxes;
  return newest?.state === 'SANDBOX_READY' ? newest.ip : undefined;
}

export function restartCountOf(container: ContainerStatus): number {
  return Number(container.annotations[CONTAINER_ANNOTATION.restartCount] ?? container.metadata.attempt);
}

export function hasRunningContainer(status: RuntimeStatus): boolean {
  return status.containers.some(({ state }) => state === 'CONTAINER_RUNNING' || state === 'CONTAINER_UNKNOWN');
}
