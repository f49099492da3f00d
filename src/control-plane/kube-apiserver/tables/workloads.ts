// Models printDeployment and printReplicaSet.
import type { Deployment, KubeObject, PodTemplateSpec, ReplicaSet } from '../../../api/types.gen.ts';
import type { Column, Printer } from './table.ts';
import { DEPLOYMENT, REPLICA_SET } from '../../../api/kinds/index.ts';
import { formatSelector, labelSelector } from '../../../api/selector.ts';
import { AGE, ageOf, NAME } from './table.ts';

const WIDE: readonly Column[] = [
  { name: 'Containers', wide: true },
  { name: 'Images', wide: true },
  { name: 'Selector', wide: true },
];

const deploymentPrinter: Printer = {
  kind: DEPLOYMENT,
  columns: [NAME, { name: 'Ready' }, { name: 'Up-to-date' }, { name: 'Available' }, AGE, ...WIDE],
  cells(object, now) {
    const { metadata, spec, status } = asDeployment(object);
    return [
      metadata.name,
      `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      ageOf(object, now),
      ...containerCells(spec?.template),
      formatSelector(labelSelector(spec?.selector)),
    ];
  },
};

const replicaSetPrinter: Printer = {
  kind: REPLICA_SET,
  columns: [NAME, count('Desired'), count('Current'), count('Ready'), AGE, ...WIDE],
  cells(object, now) {
    const { metadata, spec, status } = asReplicaSet(object);
    return [
      metadata.name,
      spec?.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      ageOf(object, now),
      ...containerCells(spec?.template),
      formatSelector(labelSelector(spec?.selector)),
    ];
  },
};

export const workloadPrinters: readonly Printer[] = [deploymentPrinter, replicaSetPrinter];

function count(name: string): Column {
  return { name, type: 'integer' };
}

function containerCells(template: PodTemplateSpec | undefined): [string, string] {
  const containers = template?.spec?.containers ?? [];
  return [containers.map(({ name }) => name).join(','), containers.map(({ image = '' }) => image).join(',')];
}

export function asDeployment(object: KubeObject): Deployment {
  return object as Deployment;
}

export function asReplicaSet(object: KubeObject): ReplicaSet {
  return object as ReplicaSet;
}
