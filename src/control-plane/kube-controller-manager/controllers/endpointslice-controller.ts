// Models pkg/controller/endpointslice.
import type { EndpointSlice, KubeObject, Service } from '../../../api/types.gen.ts';
import type { Key } from '../../../client/contract.ts';
import { EndpointSlices, Nodes, Pods, Services } from '../../../client/resources.ts';
import type { Plan, Request } from '../controller.ts';
import { MANAGED_BY, SERVICE_NAME, planSlices } from '../endpoint-slices.ts';
import { controller } from '../run-controller.ts';
import { hasSelector, selectedPods, servicesOfPod, triggerTime } from '../service-pods.ts';
import type { TriggerTimes } from '../service-pods.ts';

export const endpointSliceController = controller({
  name: 'endpointslice-controller',
  component: 'endpoint-slice-controller',
  reconciles: Services,
  watches: [
    { resource: Pods, keys: servicesOfPod },
    { resource: EndpointSlices, keys: servicesOfSlice },
  ],
  reads: [Nodes],
  reconcile: reconcileEndpointSlices,
});

function servicesOfSlice(slice: KubeObject | undefined, old: KubeObject | undefined): readonly Key[] {
  const state = slice ?? old;
  const service = state?.metadata.labels?.[SERVICE_NAME];
  if (service === undefined || state?.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] !== MANAGED_BY)
    return [];
  return [`${state.metadata.namespace ?? ''}/${service}`];
}

export function reconcileEndpointSlices(request: Request<Service, TriggerTimes>): Plan<TriggerTimes> {
  const { object: service, cache, memory } = request;
  // A Service that is gone takes its slices along: they are owned.
  if (service === undefined || service.spec.type === 'ExternalName' || !hasSelector(service.spec.selector)) {
    return { writes: [] };
  }
  const pods = selectedPods(service, cache);
  const { times, trigger } = triggerTime(service, pods, memory);
  const slices = cache
    .list(EndpointSlices, service.metadata.namespace)
    .filter((slice) => isOurs(slice, service) && slice.metadata.deletionTimestamp === undefined);
  return { writes: planSlices(service, pods, slices, cache, trigger), memory: times };
}

function isOurs(slice: EndpointSlice, service: Service): boolean {
  const labels = slice.metadata.labels ?? {};
  return (
    labels[SERVICE_NAME] === service.metadata.name && labels['endpointslice.kubernetes.io/managed-by'] === MANAGED_BY
  );
}
