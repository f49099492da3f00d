import type { Pod } from '../../api/types.gen.ts';
import { Pods } from '../../client/resources.ts';
import type { Kubelet } from './context.ts';
import { ANNOTATION, apiReason, podPath, uidOf } from './format.ts';

/** Shows a static pod in the API. Its node must be registered first: the mirror belongs to it. */
export async function createMirrorPod(kubelet: Kubelet, pod: Pod): Promise<void> {
  const node = kubelet.node.get(kubelet.config.nodeName);
  if (node?.metadata.uid === undefined) return;
  const { name, namespace, labels, annotations } = pod.metadata;
  const mirror: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [ANNOTATION.mirror]: annotations?.[ANNOTATION.hash] ?? '' },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid, controller: true },
      ],
    },
    spec: pod.spec,
  };
  try {
    kubelet.env.step(`kubelet mirrored static pod ${podPath(pod)}`);
    await kubelet.client.create(Pods, mirror);
  } catch (error) {
    // Tried again at the next sync; an API that cannot be reached does not keep a static pod from running.
    if (apiReason(error) === undefined && !(error instanceof Error)) throw error;
  }
}

export async function deleteMirrorPod(kubelet: Kubelet, mirror: Pod): Promise<void> {
  try {
    await kubelet.client.delete(Pods, mirror.metadata.name, mirror.metadata.namespace, {
      gracePeriodSeconds: 0,
      uid: uidOf(mirror),
    });
  } catch (error) {
    if (apiReason(error) === undefined && !(error instanceof Error)) throw error;
  }
}
