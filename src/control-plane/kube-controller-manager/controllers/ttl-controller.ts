// Models pkg/controller/ttl: how long kubelets may cache secrets and config maps, by the size of the cluster.
import { Nodes } from '../../../client/resources.ts';
import type { Node } from '../../../api/types.gen.ts';
import { NOTHING } from '../controller.ts';
import type { Plan, Request } from '../controller.ts';
import { isGone } from '../refusals.ts';
import { controller } from '../run-controller.ts';

const TTL = 'node.alpha.kubernetes.io/ttl';
const SECONDS_BY_SIZE: readonly (readonly [number, number])[] = [
  [100, 0],
  [500, 15],
  [1000, 30],
  [2000, 60],
];
const LARGEST_SECONDS = 300;

export const ttlController = controller({ name: 'ttl-controller', reconciles: Nodes, reconcile: reconcileTtl });

export function reconcileTtl({ object: node, cache }: Request<Node, undefined>): Plan {
  if (node === undefined) return NOTHING;
  const size = cache.list(Nodes).length;
  const seconds = String(SECONDS_BY_SIZE.find(([limit]) => size <= limit)?.[1] ?? LARGEST_SECONDS);
  if (node.metadata.annotations?.[TTL] === seconds) return NOTHING;
  return {
    writes: [
      {
        do: 'patch',
        resource: Nodes,
        name: node.metadata.name,
        type: 'application/strategic-merge-patch+json',
        patch: { metadata: { annotations: { [TTL]: seconds } } },
        accepts: isGone,
      },
    ],
  };
}
