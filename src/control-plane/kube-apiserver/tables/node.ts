// Models printNode.
import type { KubeObject, Node } from '../../../api/types.gen.ts';
import type { Printer } from './table.ts';
import { conditionOf } from '../../../api/conditions.ts';
import { NODE } from '../../../api/kinds/index.ts';
import { sortedStrings } from '../../../lib/order.ts';
import { AGE, ageOf, NAME, NONE, UNKNOWN } from './table.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

export const nodePrinter: Printer = {
  kind: NODE,
  columns: [
    NAME,
    { name: 'Status' },
    { name: 'Roles' },
    AGE,
    { name: 'Version' },
    { name: 'Internal-IP', wide: true },
    { name: 'External-IP', wide: true },
    { name: 'OS-Image', wide: true },
    { name: 'Kernel-Version', wide: true },
    { name: 'Container-Runtime', wide: true },
  ],
  cells(object, now) {
    const node = asNode(object);
    const info = node.status?.nodeInfo;
    return [
      node.metadata.name,
      statusOf(node),
      rolesOf(node),
      ageOf(node, now),
      info?.kubeletVersion ?? '',
      addressOf(node, 'InternalIP'),
      addressOf(node, 'ExternalIP'),
      orUnknown(info?.osImage),
      orUnknown(info?.kernelVersion),
      orUnknown(info?.containerRuntimeVersion),
    ];
  },
};

export function asNode(object: KubeObject): Node {
  return object as Node;
}

function statusOf(node: Node): string {
  const ready = conditionOf(node.status?.conditions, 'Ready');
  const parts = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (node.spec?.unschedulable === true) parts.push('SchedulingDisabled');
  return parts.join(',');
}

function rolesOf(node: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE_LABEL && value !== '') roles.add(value);
  }
  return roles.size === 0 ? NONE : sortedStrings(roles).join(',');
}

function addressOf(node: Node, type: string): string {
  return node.status?.addresses?.find((address) => address.type === type)?.address ?? NONE;
}

function orUnknown(text: string | undefined): string {
  return text === undefined || text === '' ? UNKNOWN : text;
}
