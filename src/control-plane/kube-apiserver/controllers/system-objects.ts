// Models controlplane/controller/systemnamespaces and registry/scheduling/rest: what every cluster has from the start.
import type { KubeObject } from '../../../api/types.gen.ts';
import type { Kind } from '../../../api/kind.ts';
import type { Server } from '../server.ts';
import { NAMESPACE, PRIORITY_CLASS } from '../../../api/kinds/index.ts';
import { decodeValue } from '../../../api/decode-request.ts';
import { keyOf } from '../../../api/scheme.ts';
import { isAlreadyExists } from '../../../api/status.ts';
import { createObject } from '../handlers/create.ts';

/** The apiserver's own identity on its loopback connection. */
export const LOOPBACK = {
  user: { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] },
  manager: 'kube-apiserver',
  warnings: [],
};

const NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];

export async function bootstrapNamespaces(server: Server): Promise<void> {
  for (const name of NAMESPACES) await ensure(server, NAMESPACE, { metadata: { name } });
}

const CLASSES = [
  [
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ],
  [
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ],
] as const;

export async function bootstrapPriorityClasses(server: Server): Promise<void> {
  for (const [name, value, description] of CLASSES) {
    const content = { metadata: { name }, value, description, preemptionPolicy: 'PreemptLowerPriority' };
    await ensure(server, PRIORITY_CLASS, content);
  }
}

async function ensure(server: Server, kind: Kind, content: Pick<KubeObject, 'metadata'> & object): Promise<void> {
  const resource = server.storage(kind);
  const key = keyOf(kind, undefined, content.metadata.name);
  if ((await server.store.get(key)) !== undefined) return;
  try {
    await createObject(server, { ...LOOPBACK, warnings: [] }, resource, complete(kind, content), false);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** An object of ours, completed as one from a request's body is. */
export function complete(kind: Kind, content: object): KubeObject {
  return decodeValue({ ...content }, kind).object;
}
