import { certificateSigningRequest } from './certificate-signing-request.ts';
import { endpoints, endpointSlice, service } from './network.ts';
import { node } from './node.ts';
import { pod } from './pod.ts';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac.ts';
import { configMap, generic, namespace, priorityClass, secret, serviceAccount } from './simple.ts';
import { deployment, replicaSet } from './workloads.ts';
import type { Describer } from './writer.ts';

/** Sorted by kind; what is not here gets the generic one. */
export const DESCRIBERS: readonly Describer[] = [
  certificateSigningRequest,
  clusterRole,
  clusterRoleBinding,
  configMap,
  deployment,
  endpointSlice,
  endpoints,
  namespace,
  node,
  pod,
  priorityClass,
  replicaSet,
  role,
  roleBinding,
  secret,
  service,
  serviceAccount,
];

export function describerOf(group: string, kind: string): Describer {
  return DESCRIBERS.find((each) => each.group === group && each.kind === kind) ?? generic;
}
