// Models pkg/registry/core/pod/strategy.go.
import { defaultPod } from '../defaults/pod.ts';
import type { Mutable } from '../defaults/mutable.ts';
import { qosClass } from '../pods.ts';
import type { Pod } from '../types.gen.ts';
import { validatePodCreate, validatePodStatusUpdate, validatePodUpdate } from '../validation/pod.ts';
import { defineStrategy } from './strategy.ts';

/** Times that nobody has set are null on the wire. */
const ZERO_TIMES = { lastProbeTime: null, lastTransitionTime: null } as unknown as { lastProbeTime: string };

export const POD_STRATEGY = defineStrategy<Pod>({
  setDefaults: defaultPod,
  prepareForCreate: (pod) => {
    pod.status = { phase: 'Pending', qosClass: qosClass(pod.spec) };
    if ((pod.spec.schedulingGates ?? []).length > 0) {
      pod.status.conditions = [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          ...ZERO_TIMES,
          message: 'Scheduling is blocked due to non-empty scheduling gates',
        },
      ];
    }
  },
  prepareForUpdate: (pod, old) => {
    pod.status = structuredClone(old.status ?? {}) as Mutable<NonNullable<Pod['status']>>;
  },
  validate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  prepareForStatusUpdate: (pod, old) => {
    if (old.metadata.ownerReferences !== undefined) {
      pod.metadata.ownerReferences = structuredClone(old.metadata.ownerReferences) as Mutable<
        NonNullable<Pod['metadata']['ownerReferences']>
      >;
    }
    pod.status ??= {};
    pod.status.qosClass = old.status?.qosClass ?? qosClass(old.spec);
  },
  validateStatusUpdate: validatePodStatusUpdate,
});
