import type { Kind } from '../kind.ts';
import { CONFIG_MAP } from './config-map.ts';
import { DEPLOYMENT } from './deployment.ts';
import { ENDPOINTS } from './endpoints.ts';
import { ENDPOINT_SLICE } from './endpoint-slice.ts';
import { EVENT, EVENT_V1 } from './event.ts';
import { LEASE } from './lease.ts';
import { NAMESPACE } from './namespace.ts';
import { NODE } from './node.ts';
import { POD } from './pod.ts';
import { PRIORITY_CLASS } from './priority-class.ts';
import { REPLICA_SET } from './replica-set.ts';
import { SECRET } from './secret.ts';
import { SERVICE } from './service.ts';
import { SERVICE_ACCOUNT } from './service-account.ts';

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
  LEASE,
  ENDPOINT_SLICE,
  EVENT_V1,
  PRIORITY_CLASS,
];

export {
  CONFIG_MAP,
  DEPLOYMENT,
  ENDPOINTS,
  ENDPOINT_SLICE,
  EVENT,
  EVENT_V1,
  LEASE,
  NAMESPACE,
  NODE,
  POD,
  PRIORITY_CLASS,
  REPLICA_SET,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
};
