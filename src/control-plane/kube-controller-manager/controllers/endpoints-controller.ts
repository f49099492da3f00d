// Models pkg/controller/endpoint.
import { isPodReady } from '../../../api/pods.ts';
import type {
  EndpointAddress,
  EndpointPort,
  EndpointSubset,
  Endpoints as EndpointsObject,
  Pod,
  Service,
} from '../../../api/types.gen.ts';
import { Endpoints, Pods, Services } from '../../../client/resources.ts';
import { deepEqual, stableStringify } from '../../../lib/json.ts';
import { sortBy, sortedStrings } from '../../../lib/order.ts';
import { splitKey } from '../controller.ts';
import type { Plan, Request, Write } from '../controller.ts';
import { isGone, isNamespaceTerminating } from '../refusals.ts';
import { controller } from '../run-controller.ts';
import {
  HEADLESS,
  LAST_CHANGE_TRIGGER_TIME,
  endpointHostname,
  findPort,
  hasEndpoint,
  hasSelector,
  isHeadless,
  podIp,
  selectedPods,
  servicesOfPod,
  triggerTime,
} from '../service-pods.ts';
import type { TriggerTimes } from '../service-pods.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const MAX_ADDRESSES = 1000;

export const endpointsController = controller({
  name: 'endpoints-controller',
  component: 'endpoint-controller',
  reconciles: Services,
  watches: [
    { resource: Pods, keys: servicesOfPod },
    {
      resource: Endpoints,
      keys: (object, old) => {
        const { namespace, name } = (object ?? old)?.metadata ?? { name: '' };
        return [`${namespace ?? ''}/${name}`];
      },
    },
  ],
  reconcile: reconcileEndpoints,
});

export function reconcileEndpoints(request: Request<Service, TriggerTimes>): Plan<TriggerTimes> {
  const { key, object: service, cache, memory } = request;
  const current = cache.get(Endpoints, key);
  if (service === undefined) return { writes: current === undefined ? [] : leave(key, current) };
  if (!hasSelector(service.spec.selector)) return { writes: [] };
  const pods = selectedPods(service, cache);
  const { times, trigger } = triggerTime(service, pods, memory);
  const wanted = endpointsFor(service, current, subsetsOf(service, pods), trigger);
  const writes = isUnchanged(current, wanted) ? [] : [write(service, current, wanted)];
  return { writes, memory: times };
}

/** Its Service is gone. What this controller did not make is left alone. */
function leave(key: string, current: EndpointsObject): readonly Write[] {
  if (current.metadata.labels?.[MANAGED_BY] === undefined) return [];
  const options = current.metadata.uid === undefined ? {} : { uid: current.metadata.uid };
  return [{ do: 'delete', resource: Endpoints, ...splitKey(key), options, accepts: isGone }];
}

function write(service: Service, current: EndpointsObject | undefined, wanted: EndpointsObject): Write {
  const failed = (verb: string, message: string): readonly Write[] => {
    const { name, namespace = '' } = service.metadata;
    return [
      {
        do: 'event',
        about: current ?? { apiVersion: 'v1', kind: 'Endpoints', name, namespace },
        type: 'Warning',
        reason: `FailedTo${verb}Endpoint`,
        message: `Failed to ${verb.toLowerCase()} endpoint ${namespace}/${name}: ${message}`,
      },
    ];
  };
  return current === undefined
    ? {
        do: 'create',
        resource: Endpoints,
        object: wanted,
        accepts: isNamespaceTerminating,
        refused: (error) => failed('Create', error.message),
      }
    : { do: 'update', resource: Endpoints, object: wanted, refused: (error) => failed('Update', error.message) };
}

function endpointsFor(
  service: Service,
  current: EndpointsObject | undefined,
  subsets: readonly EndpointSubset[],
  trigger: string | undefined,
): EndpointsObject {
  const { [LAST_CHANGE_TRIGGER_TIME]: _last, [OVER_CAPACITY]: _over, ...kept } = current?.metadata.annotations ?? {};
  const { total, limited } = limit(subsets);
  const annotations = {
    ...kept,
    ...(trigger === undefined ? {} : { [LAST_CHANGE_TRIGGER_TIME]: trigger }),
    ...(total > MAX_ADDRESSES ? { [OVER_CAPACITY]: 'truncated' } : {}),
  };
  const { [HEADLESS]: _headless, ...serviceLabels } = service.metadata.labels ?? {};
  const { name, namespace } = service.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      ...current?.metadata,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: {
        ...serviceLabels,
        ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
        [MANAGED_BY]: 'endpoint-controller',
      },
      annotations,
    },
    ...(limited.length === 0 ? {} : { subsets: limited }),
  };
}

/** The trigger time alone is no reason to write. */
function isUnchanged(current: EndpointsObject | undefined, wanted: EndpointsObject): boolean {
  return (
    current !== undefined &&
    deepEqual(current.subsets ?? [], wanted.subsets ?? []) &&
    deepEqual(current.metadata.labels ?? {}, wanted.metadata.labels ?? {}) &&
    current.metadata.annotations?.[OVER_CAPACITY] === wanted.metadata.annotations?.[OVER_CAPACITY]
  );
}

interface Placed {
  readonly ports: readonly EndpointPort[];
  readonly address: EndpointAddress;
  readonly ready: boolean;
}

/** Addresses with the same ports share a subset. Models pkg/api/v1/endpoints RepackSubsets. */
function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const tolerant = service.spec.publishNotReadyAddresses === true;
  const groups = new Map<string, Placed[]>();
  for (const pod of pods) {
    if (!hasEndpoint(pod, tolerant)) continue;
    const ready = tolerant || isPodReady(pod);
    if (!ready && !mayBecomeReady(pod)) continue;
    const placed: Placed = { ports: portsOf(service, pod), address: addressOf(service, pod), ready };
    if (placed.ports.length === 0 && !(isHeadless(service) && (service.spec.ports ?? []).length === 0)) continue;
    const key = stableStringify(placed.ports);
    groups.set(key, [...(groups.get(key) ?? []), placed]);
  }
  return sortedStrings(groups.keys()).map((key) => subsetOf(groups.get(key) ?? []));
}

/** A pod that ran to its end and will not be restarted does not count as not ready, but as gone. */
function mayBecomeReady(pod: Pod): boolean {
  const { restartPolicy } = pod.spec;
  const phase = pod.status?.phase;
  if (restartPolicy === 'Never') return phase !== 'Failed' && phase !== 'Succeeded';
  return restartPolicy === 'OnFailure' ? phase !== 'Succeeded' : true;
}

function subsetOf(placed: readonly Placed[]): EndpointSubset {
  const sorted = sortBy(
    placed,
    ({ address }) => address.ip,
    ({ address }) => address.targetRef?.uid ?? '',
  );
  const addresses = sorted.filter(({ ready }) => ready).map(({ address }) => address);
  const notReadyAddresses = sorted.filter(({ ready }) => !ready).map(({ address }) => address);
  const ports = placed[0]?.ports ?? [];
  return {
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses }),
    ...(ports.length === 0 ? {} : { ports }),
  };
}

function portsOf(service: Service, pod: Pod): readonly EndpointPort[] {
  const ports = (service.spec.ports ?? []).flatMap((port): EndpointPort[] => {
    const number = findPort(pod, port);
    if (number === undefined) return [];
    return [
      {
        ...(port.name === undefined ? {} : { name: port.name }),
        port: number,
        protocol: port.protocol ?? 'TCP',
        ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
      },
    ];
  });
  return sortBy(ports, (port) => stableStringify(port));
}

function addressOf(service: Service, pod: Pod): EndpointAddress {
  const { name, namespace, uid } = pod.metadata;
  const hostname = endpointHostname(pod, service);
  return {
    ip: podIp(pod),
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: {
      kind: 'Pod',
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
  };
}

function limit(subsets: readonly EndpointSubset[]): {
  readonly total: number;
  readonly limited: readonly EndpointSubset[];
} {
  const count = (of: (subset: EndpointSubset) => number): number =>
    subsets.reduce((sum, subset) => sum + of(subset), 0);
  const ready = count((subset) => subset.addresses?.length ?? 0);
  const total = ready + count((subset) => subset.notReadyAddresses?.length ?? 0);
  if (total <= MAX_ADDRESSES) return { total, limited: subsets };
  let left = MAX_ADDRESSES;
  const take = <T>(list: readonly T[] | undefined): readonly T[] => {
    const taken = (list ?? []).slice(0, left);
    left -= taken.length;
    return taken;
  };
  const readyParts = subsets.map((subset) => take(subset.addresses));
  const limited = subsets.map((subset, i) => ({
    ...subset,
    addresses: readyParts[i] ?? [],
    notReadyAddresses: take(subset.notReadyAddresses),
  }));
  return { total, limited };
}
