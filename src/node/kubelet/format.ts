import { ApiError as ClientError } from '../../client/client.ts';
import { ApiError } from '../../api/status.ts';
import type { ObjectRef } from '../../client/contract.ts';
import type { Container, Pod } from '../../api/types.gen.ts';
import { fnv1a32 } from '../../lib/fnv.ts';

export const ANNOTATION = {
  hash: 'kubernetes.io/config.hash',
  mirror: 'kubernetes.io/config.mirror',
  seen: 'kubernetes.io/config.seen',
  source: 'kubernetes.io/config.source',
} as const;

export const LABEL = {
  container: 'io.kubernetes.container.name',
  pod: 'io.kubernetes.pod.name',
  namespace: 'io.kubernetes.pod.namespace',
  uid: 'io.kubernetes.pod.uid',
} as const;

export const CONTAINER_ANNOTATION = {
  hash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  messagePath: 'io.kubernetes.container.terminationMessagePath',
  messagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  grace: 'io.kubernetes.pod.terminationGracePeriod',
  preStop: 'io.kubernetes.container.preStopHandler',
} as const;

/** `web-0_default(uid)`, as the kubelet names pods in messages. */
export function podText(pod: Pod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace ?? 'default'}(${uidOf(pod)})`;
}

export function fullName(pod: { readonly metadata: { readonly name: string; readonly namespace?: string } }): string {
  return `${pod.metadata.name}_${pod.metadata.namespace ?? 'default'}`;
}

export function podPath(pod: Pod): string {
  return `${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}`;
}

export function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? '';
}

export function isStatic(pod: Pod): boolean {
  const source = pod.metadata.annotations?.[ANNOTATION.source];
  return source !== undefined && source !== 'api';
}

export function isMirror(pod: Pod): boolean {
  return pod.metadata.annotations?.[ANNOTATION.mirror] !== undefined;
}

export function podRef(pod: Pod): ObjectRef {
  const { name, namespace, uid, resourceVersion } = pod.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

/** A reference to a container of a pod, as its events have it. */
export function containerRef(pod: Pod, container: { readonly name: string }): ObjectRef {
  const isIn = (containers: readonly Container[] = []): boolean =>
    containers.some(({ name }) => name === container.name);
  const field = isIn(pod.spec.initContainers)
    ? 'initContainers'
    : isIn(ephemeralContainers(pod))
      ? 'ephemeralContainers'
      : 'containers';
  return { ...podRef(pod), fieldPath: `spec.${field}{${container.name}}` };
}

/** Changes when the kubelet has to replace the container. Models kubecontainer.HashContainer: name and image only. */
export function containerHash(container: Container): string {
  return fnv1a32(JSON.stringify([container.name, container.image ?? ''])).toString(16);
}

export function isRestartableInit(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export function apiReason(error: unknown): string | undefined {
  return error instanceof ClientError || error instanceof ApiError ? error.reason : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function allContainers(pod: Pod): readonly Container[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...ephemeralContainers(pod)];
}

/** Those that were added to look into the pod: started once, never again. */
export function ephemeralContainers(pod: Pod): readonly Container[] {
  return pod.spec.ephemeralContainers ?? [];
}
