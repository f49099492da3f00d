// Models pkg/apis/apps/v1/defaults.go.
import type { Deployment, ReplicaSet } from '../types.gen.ts';
import type { Mutable } from './mutable.ts';
import { defaultPodSpec } from './pod.ts';
import { applyDefaults } from './table.ts';

export function defaultDeployment(deployment: Mutable<Deployment>): void {
  const { spec } = deployment;
  applyDefaults(spec, [
    ['replicas', 1],
    ['strategy', {}],
    ['strategy.type', 'RollingUpdate'],
    ['revisionHistoryLimit', 10],
    ['progressDeadlineSeconds', 600],
  ]);
  if (spec.strategy?.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {};
    applyDefaults(spec.strategy.rollingUpdate, [
      ['maxUnavailable', '25%'],
      ['maxSurge', '25%'],
    ]);
  }
  defaultPodSpec(spec.template.spec);
}

export function defaultReplicaSet(replicaSet: Mutable<ReplicaSet>): void {
  const spec = replicaSet.spec as Mutable<ReplicaSet['spec']>;
  applyDefaults(spec, [['replicas', 1]]);
  if (spec?.template !== undefined) defaultPodSpec(spec.template.spec);
}
