// Models controlplane/controller/systemnamespaces and registry/scheduling/rest: what every cluster has from the start.
import type { KubeObject } from '../../../api/types.gen.ts';
import type { Kind } from '../../../api/kind.ts';
import type { Content } from '../bootstrap/policy.ts';
import { NAMESPACE, PRIORITY_CLASS } from '../../../api/kinds/index.ts';
import { decodeValue } from '../../../api/decode-request.ts';

/** The apiserver's own identity on its loopback connection. */
export const LOOPBACK = {
  user: { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] },
  manager: 'kube-apiserver',
  warnings: [],
};

const NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];

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

export function systemObjects(): Content[] {
  return [
    ...NAMESPACES.map((name) => ({ kind: NAMESPACE, metadata: { name } })),
    ...CLASSES.map(([name, value, description]) => ({
      kind: PRIORITY_CLASS,
      metadata: { name },
      value,
      description,
      preemptionPolicy: 'PreemptLowerPriority',
    })),
  ];
}

/** An object of ours, completed as one from a request's body is. */
export function complete(kind: Kind, content: object): KubeObject {
  return decodeValue({ ...content }, kind).object;
}
