import type { Pod } from '../../../../api/types.gen.ts';
import { MAX_NODE_SCORE, type SchedulerPlugin, type Snapshot } from '../../framework.ts';

const MB = 1024 * 1024;
const MIN_THRESHOLD = 23 * MB;
const MAX_CONTAINER_THRESHOLD = 1000 * MB;
const key = 'ImageLocality';

interface State {
  readonly holders: ReadonlyMap<string, number>;
  readonly total: number;
}

/** Models pkg/scheduler/framework/plugins/imagelocality. */
export const imageLocality: SchedulerPlugin = {
  name: key,
  weight: 1,
  wakesOn: [],
  preScore(_pod, _nodes, snapshot: Snapshot, cycle) {
    const state: State = { holders: snapshot.imageHolders, total: snapshot.nodes.length };
    cycle.set(key, state);
    return false;
  },
  score(pod, node, cycle) {
    const state = cycle.get(key);
    if (!isState(state)) return 0;
    const images = imagesOf(pod);
    const sum = images.reduce((bytes, image) => {
      const size = node.images.get(image);
      return size === undefined ? bytes : bytes + Math.trunc(size * ((state.holders.get(image) ?? 0) / state.total));
    }, 0);
    const max = MAX_CONTAINER_THRESHOLD * images.length;
    const bounded = Math.min(Math.max(sum, MIN_THRESHOLD), max);
    return Math.trunc((MAX_NODE_SCORE * (bounded - MIN_THRESHOLD)) / (max - MIN_THRESHOLD));
  },
};

function isState(value: unknown): value is State {
  return typeof value === 'object' && value !== null && 'holders' in value;
}

/** Image names as the node's status writes them: with registry and tag. */
function imagesOf(pod: Pod): string[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((container) =>
    normalized(container.image ?? ''),
  );
}

export function normalized(image: string): string {
  const tagged = image.lastIndexOf(':') <= image.lastIndexOf('/') && !image.includes('@') ? `${image}:latest` : image;
  const first = tagged.split('/')[0] ?? '';
  if (!tagged.includes('/')) return `docker.io/library/${tagged}`;
  return first.includes('.') || first.includes(':') || first === 'localhost' ? tagged : `docker.io/${tagged}`;
}
