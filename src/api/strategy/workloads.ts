// Models pkg/registry/apps/deployment and replicaset strategy.go.
import { deepEqual } from '../../lib/json.ts';
import { defaultDeployment, defaultReplicaSet } from '../defaults/workloads.ts';
import type { Mutable } from '../defaults/mutable.ts';
import type { Deployment, ReplicaSet } from '../types.gen.ts';
import { validateObjectMetaUpdate } from '../validation/metadata.ts';
import {
  validateCounts,
  validateDeployment,
  validateDeploymentUpdate,
  validateReplicaSet,
  validateReplicaSetUpdate,
} from '../validation/workloads.ts';
import { defineStrategy, specChanged } from './strategy.ts';

export const DEPLOYMENT_STRATEGY = defineStrategy<Deployment>({
  setDefaults: defaultDeployment,
  prepareForCreate: (deployment) => {
    deployment.status = {};
  },
  prepareForUpdate: (deployment, old) => {
    deployment.status = structuredClone(old.status ?? {}) as Mutable<NonNullable<Deployment['status']>>;
  },
  validate: (deployment) => validateDeployment(deployment),
  validateUpdate: validateDeploymentUpdate,
  prepareForStatusUpdate: (deployment, old) => {
    if (old.metadata.labels === undefined) delete deployment.metadata.labels;
    else deployment.metadata.labels = { ...old.metadata.labels };
  },
  validateStatusUpdate: (next, old) => [
    ...validateObjectMetaUpdate(next, old),
    ...validateCounts(next.status, [
      'observedGeneration',
      'replicas',
      'updatedReplicas',
      'readyReplicas',
      'availableReplicas',
      'unavailableReplicas',
    ]),
  ],
  bumpsGeneration: (next, old) =>
    specChanged(next, old) || !deepEqual(next.metadata.annotations ?? {}, old.metadata.annotations ?? {}),
});

export const REPLICA_SET_STRATEGY = defineStrategy<ReplicaSet>({
  setDefaults: defaultReplicaSet,
  prepareForCreate: (replicaSet) => {
    replicaSet.status = { replicas: 0 };
  },
  prepareForUpdate: (replicaSet, old) => {
    replicaSet.status = structuredClone(old.status ?? { replicas: 0 }) as Mutable<NonNullable<ReplicaSet['status']>>;
  },
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  validateStatusUpdate: (next, old) => [
    ...validateObjectMetaUpdate(next, old),
    ...validateCounts(next.status, [
      'replicas',
      'fullyLabeledReplicas',
      'readyReplicas',
      'availableReplicas',
      'observedGeneration',
    ]),
  ],
});
