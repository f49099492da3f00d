import type { Kind } from '../kind.ts';
import { CERTIFICATE_SIGNING_REQUEST } from './certificate-signing-request.ts';
import { CLUSTER_ROLE_BINDING } from './cluster-role-binding.ts';
import { CLUSTER_ROLE } from './cluster-role.ts';
import { CONFIG_MAP } from './config-map.ts';
import { DEPLOYMENT } from './deployment.ts';
import { ENDPOINT_SLICE } from './endpoint-slice.ts';
import { ENDPOINTS } from './endpoints.ts';
import { EVENT, EVENT_V1 } from './event.ts';
import { FLOW_SCHEMA } from './flow-schema.ts';
import { LEASE } from './lease.ts';
import { NAMESPACE } from './namespace.ts';
import { NODE } from './node.ts';
import { POD } from './pod.ts';
import { PRIORITY_CLASS } from './priority-class.ts';
import { PRIORITY_LEVEL_CONFIGURATION } from './priority-level-configuration.ts';
import { REPLICA_SET } from './replica-set.ts';
import { ROLE_BINDING } from './role-binding.ts';
import { ROLE } from './role.ts';
import { SECRET } from './secret.ts';
import { SERVICE_ACCOUNT } from './service-account.ts';
import { SERVICE } from './service.ts';

/** Every kind served, in discovery's order: by group, then by name. */
export const KINDS: readonly Kind[] = [
  CONFIG_MAP,
  ENDPOINTS,
  EVENT,
  NAMESPACE,
  NODE,
  POD,
  SECRET,
  SERVICE_ACCOUNT,
  SERVICE,
  DEPLOYMENT,
  REPLICA_SET,
  CERTIFICATE_SIGNING_REQUEST,
  LEASE,
  ENDPOINT_SLICE,
  EVENT_V1,
  FLOW_SCHEMA,
  PRIORITY_LEVEL_CONFIGURATION,
  CLUSTER_ROLE_BINDING,
  CLUSTER_ROLE,
  ROLE_BINDING,
  ROLE,
  PRIORITY_CLASS,
];

export {
  CERTIFICATE_SIGNING_REQUEST,
  CLUSTER_ROLE,
  CLUSTER_ROLE_BINDING,
  CONFIG_MAP,
  DEPLOYMENT,
  ENDPOINTS,
  ENDPOINT_SLICE,
  EVENT,
  EVENT_V1,
  FLOW_SCHEMA,
  LEASE,
  NAMESPACE,
  NODE,
  POD,
  PRIORITY_CLASS,
  PRIORITY_LEVEL_CONFIGURATION,
  REPLICA_SET,
  ROLE,
  ROLE_BINDING,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
};
export { REVIEW_KINDS } from './reviews.ts';
