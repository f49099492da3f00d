// Models pkg/apis/core/v1/defaults.go and pkg/apis/scheduling/v1/defaults.go for objects of the cluster itself.
import { encodeBase64 } from '../base64.ts';
import { utf8Bytes } from '../../lib/fnv.ts';
import type { Namespace, Node, PriorityClass, Secret } from '../types.gen.ts';
import type { Mutable } from './mutable.ts';

/** Every namespace can be selected by its name. */
export const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name';

export function defaultNamespace(namespace: Mutable<Namespace>): void {
  if ((namespace.metadata.name ?? '') !== '') {
    namespace.metadata.labels = { ...namespace.metadata.labels, [NAMESPACE_NAME_LABEL]: namespace.metadata.name };
  }
  namespace.status = { ...namespace.status };
  namespace.status.phase ??= 'Active';
}

export function defaultNode(node: Mutable<Node>): void {
  if (node.status?.capacity !== undefined) node.status.allocatable ??= { ...node.status.capacity };
}

/** Plain text goes into the data; it is never read back. */
export function defaultSecret(secret: Mutable<Secret>): void {
  secret.type ??= 'Opaque';
  if (secret.stringData === undefined) return;
  const added = Object.entries(secret.stringData).map(([key, text]) => [key, encodeBase64(utf8Bytes(text))] as const);
  secret.data = { ...secret.data, ...Object.fromEntries(added) };
  delete secret.stringData;
}

export function defaultPriorityClass(priorityClass: Mutable<PriorityClass>): void {
  priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
}
