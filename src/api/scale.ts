import type { KubeObject } from './meta.ts';
import { formatSelector, labelSelector } from './selector.ts';
import type { Deployment, LabelSelector, ReplicaSet, Scale } from './types.gen.ts';

/** The scale subresource of a workload. */
export function scaleOf(workload: Deployment | ReplicaSet): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = workload.metadata;
  const metadata: KubeObject['metadata'] = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
  };
  const replicas = workload.spec.replicas ?? 1;
  const selector = selectorText(workload.spec.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: workload.status?.replicas ?? 0, ...(selector === '' ? {} : { selector }) },
  };
}

function selectorText(selector: LabelSelector | undefined): string {
  return selector === undefined ? '' : formatSelector(labelSelector(selector));
}

/** The workload with another count: what a write of the scale asks for. */
export function withReplicas<T extends Deployment | ReplicaSet>(workload: T, scale: Scale): T {
  return { ...workload, spec: { ...workload.spec, replicas: scale.spec.replicas ?? 0 } };
}
