// Models the strategies of the core group's simpler kinds.
import { deepEqual } from '../../lib/json.ts';
import { defaultNamespace, defaultNode, defaultPriorityClass, defaultSecret } from '../defaults/cluster.ts';
import type { Mutable } from '../defaults/mutable.ts';
import { defaultEndpoints, defaultEndpointSlice } from '../defaults/service.ts';
import { EVENT, EVENT_V1 } from '../kinds/event.ts';
import { SERVICE_ACCOUNT } from '../kinds/service-account.ts';
import type { KubeObject } from '../meta.ts';
import type {
  ConfigMap,
  EndpointSlice,
  Endpoints,
  Event,
  EventsV1Event,
  Lease,
  Namespace,
  Node,
  PriorityClass,
  Secret,
  ServiceAccount,
} from '../types.gen.ts';
import {
  validateEvent,
  validateEventsV1,
  validateLease,
  validateLeaseUpdate,
  validateNamespace,
  validateNamespaceStatus,
  validateNamespaceUpdate,
  validateNode,
  validateNodeUpdate,
  validatePriorityClass,
  validatePriorityClassUpdate,
} from '../validation/cluster.ts';
import {
  validateConfigMap,
  validateConfigMapUpdate,
  validateSecret,
  validateSecretUpdate,
} from '../validation/config.ts';
import {
  validateEndpoints,
  validateEndpointSlice,
  validateEndpointSliceUpdate,
  validateEndpointsUpdate,
} from '../validation/endpoints.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/metadata.ts';
import { defineStrategy } from './strategy.ts';

const nothing = (): void => undefined;

export const CONFIG_MAP_STRATEGY = defineStrategy<ConfigMap>({
  setDefaults: nothing,
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
});

export const SECRET_STRATEGY = defineStrategy<Secret>({
  setDefaults: defaultSecret,
  prepareForUpdate: (secret, old) => {
    if ((secret.type ?? '') === '' && old.type !== undefined) secret.type = old.type;
  },
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
});

export const SERVICE_ACCOUNT_STRATEGY = defineStrategy<ServiceAccount>({
  setDefaults: nothing,
  validate: (account) => validateObjectMeta(SERVICE_ACCOUNT, account),
  validateUpdate: validateObjectMetaUpdate,
});

export const NAMESPACE_STRATEGY = defineStrategy<Namespace>({
  setDefaults: defaultNamespace,
  prepareForCreate: (namespace) => {
    namespace.status = { phase: 'Active' };
    const finalizers = (namespace.spec as Namespace['spec'] | undefined)?.finalizers ?? [];
    namespace.spec = {
      finalizers: finalizers.includes('kubernetes') ? [...finalizers] : [...finalizers, 'kubernetes'],
    };
  },
  prepareForUpdate: (namespace, old) => {
    namespace.spec = structuredClone(old.spec) as Mutable<Namespace['spec']>;
    namespace.status = structuredClone(old.status ?? {}) as Mutable<NonNullable<Namespace['status']>>;
  },
  validate: validateNamespace,
  validateUpdate: validateNamespaceUpdate,
  validateStatusUpdate: validateNamespaceStatus,
});

export const NODE_STRATEGY = defineStrategy<Node>({
  setDefaults: defaultNode,
  prepareForUpdate: (node, old) => {
    node.status = structuredClone(old.status ?? {}) as Mutable<NonNullable<Node['status']>>;
  },
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateNodeUpdate,
});

export const PRIORITY_CLASS_STRATEGY = defineStrategy<PriorityClass>({
  setDefaults: defaultPriorityClass,
  validate: validatePriorityClass,
  validateUpdate: validatePriorityClassUpdate,
  bumpsGeneration: () => false,
});

export const LEASE_STRATEGY = defineStrategy<Lease>({
  setDefaults: nothing,
  validate: validateLease,
  validateUpdate: validateLeaseUpdate,
});

export const ENDPOINTS_STRATEGY = defineStrategy<Endpoints>({
  setDefaults: defaultEndpoints,
  validate: validateEndpoints,
  validateUpdate: validateEndpointsUpdate,
});

const content = (slice: EndpointSlice): unknown => ({ ...slice, metadata: slice.metadata.labels ?? {} });

export const ENDPOINT_SLICE_STRATEGY = defineStrategy<EndpointSlice>({
  setDefaults: defaultEndpointSlice,
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  bumpsGeneration: (next, old) => !deepEqual(content(next), content(old)),
});

export const EVENT_STRATEGY = defineStrategy<Event>({
  setDefaults: (event) => {
    event.reportingComponent ??= '';
    event.reportingInstance ??= '';
  },
  validate: (event) => [...validateObjectMeta(EVENT, event), ...validateEvent(event)],
  validateUpdate: (next, old) => [...validateObjectMetaUpdate(next, old), ...validateEvent(next)],
});

export const EVENT_V1_STRATEGY = defineStrategy<EventsV1Event>({
  setDefaults: nothing,
  validate: (event) => [...validateObjectMeta(EVENT_V1, event), ...validateEventsV1(event)],
  validateUpdate: (next, old) => [...validateObjectMetaUpdate(next as KubeObject, old), ...validateEventsV1(next)],
});
