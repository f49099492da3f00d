// Writing an object, the same for every kind. Models apiserver/pkg/registry/rest BeforeCreate and BeforeUpdate.
import { must } from '../../lib/assert.ts';
import { deepClone, deepEqual } from '../../lib/json.ts';
import type { Mutable } from '../defaults/mutable.ts';
import type { Kind } from '../kind.ts';
import type { KubeObject } from '../meta.ts';
import type { ApiError } from '../status.ts';
import { invalid } from '../status.ts';
import type { FieldErrors } from '../validation/field.ts';
import { causesOf } from '../validation/field.ts';
import { validateObjectMetaUpdate } from '../validation/metadata.ts';
import { CERTIFICATE_SIGNING_REQUEST_STRATEGY } from './certificates.ts';
import {
  CONFIG_MAP_STRATEGY,
  ENDPOINT_SLICE_STRATEGY,
  ENDPOINTS_STRATEGY,
  EVENT_STRATEGY,
  EVENT_V1_STRATEGY,
  LEASE_STRATEGY,
  NAMESPACE_STRATEGY,
  NODE_STRATEGY,
  PRIORITY_CLASS_STRATEGY,
  SECRET_STRATEGY,
  SERVICE_ACCOUNT_STRATEGY,
} from './core.ts';
import { FLOW_SCHEMA_STRATEGY, PRIORITY_LEVEL_CONFIGURATION_STRATEGY } from './flowcontrol.ts';
import { POD_STRATEGY } from './pod.ts';
import { CLUSTER_ROLE_BINDING_STRATEGY, CLUSTER_ROLE_STRATEGY, ROLE_BINDING_STRATEGY, ROLE_STRATEGY } from './rbac.ts';
import { SERVICE_STRATEGY } from './service.ts';
import type { Strategy } from './strategy.ts';
import { specChanged } from './strategy.ts';
import { DEPLOYMENT_STRATEGY, REPLICA_SET_STRATEGY } from './workloads.ts';

export type { Strategy } from './strategy.ts';

/** By the name of the kind's type. */
const STRATEGIES: Readonly<Record<string, Strategy>> = {
  CertificateSigningRequest: CERTIFICATE_SIGNING_REQUEST_STRATEGY,
  ClusterRole: CLUSTER_ROLE_STRATEGY,
  ClusterRoleBinding: CLUSTER_ROLE_BINDING_STRATEGY,
  ConfigMap: CONFIG_MAP_STRATEGY,
  Deployment: DEPLOYMENT_STRATEGY,
  EndpointSlice: ENDPOINT_SLICE_STRATEGY,
  Endpoints: ENDPOINTS_STRATEGY,
  Event: EVENT_STRATEGY,
  EventsV1Event: EVENT_V1_STRATEGY,
  FlowSchema: FLOW_SCHEMA_STRATEGY,
  Lease: LEASE_STRATEGY,
  Namespace: NAMESPACE_STRATEGY,
  Node: NODE_STRATEGY,
  Pod: POD_STRATEGY,
  PriorityClass: PRIORITY_CLASS_STRATEGY,
  PriorityLevelConfiguration: PRIORITY_LEVEL_CONFIGURATION_STRATEGY,
  ReplicaSet: REPLICA_SET_STRATEGY,
  Role: ROLE_STRATEGY,
  RoleBinding: ROLE_BINDING_STRATEGY,
  Secret: SECRET_STRATEGY,
  Service: SERVICE_STRATEGY,
  ServiceAccount: SERVICE_ACCOUNT_STRATEGY,
};

export function strategyOf(kind: Kind): Strategy {
  return must(STRATEGIES[kind.type], `no strategy for ${kind.type}`);
}

/** A copy with defaults, as decoding a body gives it upstream. Admission works on this. */
export function withDefaults(kind: Kind, object: KubeObject): KubeObject {
  const copy = deepClone(object);
  strategyOf(kind).setDefaults(copy as Mutable<KubeObject>);
  return copy;
}

/** A copy as it will be stored: what clients may not set at creation is reset. Name, UID and time are the caller's to give. */
export function prepareForCreate(kind: Kind, object: KubeObject): KubeObject {
  const copy = deepClone(object) as Mutable<KubeObject>;
  delete copy.metadata.deletionTimestamp;
  delete copy.metadata.deletionGracePeriodSeconds;
  delete copy.metadata.selfLink;
  delete copy.metadata.generation;
  if (kind.hasGeneration) copy.metadata.generation = 1;
  strategyOf(kind).prepareForCreate?.(copy);
  return copy as KubeObject;
}

/** A copy of what an update asks for, completed by what stays as it is. */
export function prepareForUpdate(kind: Kind, object: KubeObject, old: KubeObject): KubeObject {
  const copy = carryOver(object, old);
  const strategy = strategyOf(kind);
  strategy.prepareForUpdate?.(copy, old);
  const changed = strategy.bumpsGeneration ?? specChanged;
  if (kind.hasGeneration && changed(copy as KubeObject, old))
    copy.metadata.generation = (old.metadata.generation ?? 0) + 1;
  return copy as KubeObject;
}

/** The same for the status subresource: of the object only the status, and what goes with it, is taken. */
export function prepareForStatusUpdate(kind: Kind, object: KubeObject, old: KubeObject): KubeObject {
  const copy = carryOver(object, old) as Mutable<KubeObject> & { spec?: unknown };
  const spec = (old as { spec?: unknown }).spec;
  if (spec !== undefined) copy.spec = deepClone(spec);
  strategyOf(kind).prepareForStatusUpdate?.(copy, old);
  return copy as KubeObject;
}

/** Metadata that a client need not repeat and cannot take away. */
function carryOver(object: KubeObject, old: KubeObject): Mutable<KubeObject> {
  const copy = deepClone(object) as Mutable<KubeObject>;
  const { metadata } = old;
  if ((copy.metadata.uid ?? '') === '' && metadata.uid !== undefined) copy.metadata.uid = metadata.uid;
  if (copy.metadata.creationTimestamp === undefined && metadata.creationTimestamp !== undefined) {
    copy.metadata.creationTimestamp = metadata.creationTimestamp;
  }
  if (metadata.deletionTimestamp !== undefined) copy.metadata.deletionTimestamp = metadata.deletionTimestamp;
  if (metadata.deletionGracePeriodSeconds !== undefined) {
    copy.metadata.deletionGracePeriodSeconds ??= metadata.deletionGracePeriodSeconds;
  }
  if (metadata.generation !== undefined) copy.metadata.generation = metadata.generation;
  else delete copy.metadata.generation;
  return copy;
}

/** Undefined when the object is good. */
export function validateCreate(kind: Kind, object: KubeObject): ApiError | undefined {
  return asInvalid(kind, object, strategyOf(kind).validate(object));
}

/** Metadata is looked at twice, as upstream: here for all kinds and again by each; the message names each fault once. */
export function validateUpdate(kind: Kind, next: KubeObject, old: KubeObject): ApiError | undefined {
  const errors = [...validateObjectMetaUpdate(next, old), ...strategyOf(kind).validateUpdate(next, old)];
  return asInvalid(kind, next, errors);
}

export function validateStatusUpdate(kind: Kind, next: KubeObject, old: KubeObject): ApiError | undefined {
  const strategy = strategyOf(kind);
  return asInvalid(kind, next, (strategy.validateStatusUpdate ?? strategy.validateUpdate)(next, old));
}

export function asInvalid(
  kind: { readonly group: string; readonly kind: string },
  object: KubeObject,
  errors: FieldErrors,
): ApiError | undefined {
  return errors.length === 0 ? undefined : invalid(kind, object.metadata.name ?? '', causesOf(errors));
}

/** An update that changes nothing is not written. */
export function isUnchanged(next: KubeObject, old: KubeObject): boolean {
  return deepEqual(next, old);
}
