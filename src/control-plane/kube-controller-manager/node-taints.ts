// Models pkg/controller/util/node: the taints that controllers put on nodes.
import { isSameTaint } from '../../api/taints.ts';
import type { Node, Taint } from '../../api/types.gen.ts';
import { Nodes } from '../../client/resources.ts';
import { formatTime } from '../../lib/time.ts';
import type { Micros } from '../../sim/env.ts';
import { isGone } from './refusals.ts';
import type { Write } from './controller.ts';

export function hasTaint(node: Node, taint: Taint): boolean {
  return node.spec.taints?.some((present) => isSameTaint(present, taint)) ?? false;
}

/** Takes some taints off and puts others on, unless somebody else changed the node meanwhile. */
export function swapTaints(node: Node, add: readonly Taint[], remove: readonly Taint[], now: Micros): readonly Write[] {
  const missing = add.filter((taint) => !hasTaint(node, taint));
  const unwanted = (taint: Taint): boolean => remove.some((other) => isSameTaint(other, taint));
  const present = node.spec.taints ?? [];
  if (missing.length === 0 && !present.some(unwanted)) return [];
  const timeAdded = formatTime(now);
  const taints = [...present.filter((taint) => !unwanted(taint)), ...missing.map((taint) => ({ ...taint, timeAdded }))];
  return [
    {
      do: 'patch',
      resource: Nodes,
      name: node.metadata.name,
      type: 'application/strategic-merge-patch+json',
      patch: {
        metadata: { resourceVersion: node.metadata.resourceVersion },
        spec: { taints: taints.length === 0 ? null : taints },
      },
      accepts: isGone,
    },
  ];
}
