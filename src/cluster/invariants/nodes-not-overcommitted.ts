import { quantityMilliValue } from '../../api/quantity.ts';
import type { Node, Pod } from '../../api/types.gen.ts';
import type { Invariant } from './invariant.ts';

const FINISHED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** What NodeResourcesFit promises, with the pods that the scheduler has assumed and not yet seen bound. */
export const nodesNotOvercommitted: Invariant = {
  name: 'nodes not overcommitted',
  says: 'The CPU that the pods bound to a node request is never more than the node has.',
  hears: ['commit'],
  create() {
    const capacity = new Map<string, number>();
    const pods = new Map<string, { readonly node: string; readonly cpu: number }>();
    return (_event, { commit }) => {
      for (const { key, object } of commit?.changes ?? []) {
        if (key.startsWith('/registry/minions/') && object !== undefined) {
          const { status } = object as Node;
          capacity.set(object.metadata.name, quantityMilliValue(status?.allocatable?.['cpu'] ?? '0'));
        }
        if (!key.startsWith('/registry/pods/')) continue;
        const pod = object as Pod | undefined;
        const node = pod?.spec.nodeName ?? '';
        if (pod === undefined || node === '' || FINISHED.has(pod.status?.phase ?? '')) {
          pods.delete(key);
          continue;
        }
        const bound = pods.get(key)?.node === node;
        pods.set(key, { node, cpu: requestOf(pod) });
        if (bound || requestOf(pod) === 0) continue;
        let sum = 0;
        for (const one of pods.values()) if (one.node === node) sum += one.cpu;
        const most = capacity.get(node);
        if (most !== undefined && sum > most) return `${key} was bound to ${node}: ${sum}m of ${most}m CPU requested`;
      }
      return undefined;
    };
  },
};

function requestOf(pod: Pod): number {
  return pod.spec.containers.reduce(
    (sum, container) => sum + quantityMilliValue(container.resources?.requests?.['cpu'] ?? '0'),
    0,
  );
}
