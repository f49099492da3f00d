// What Services and pods have in common for both endpoints controllers. Models k8s.io/endpointslice/util.
import { isPodTerminal } from '../../api/pods.ts';
import { includesLabels } from '../../api/selector.ts';
import type { KubeObject, Pod, Service, ServicePort } from '../../api/types.gen.ts';
import type { Key } from '../../client/contract.ts';
import { Pods, Services } from '../../client/resources.ts';
import { formatNanoTime, parseTime } from '../../lib/time.ts';
import type { Micros } from '../../sim/env.ts';
import type { Cache } from './cache.ts';

export const LAST_CHANGE_TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
export const HEADLESS = 'service.kubernetes.io/headless';

export function selectedPods(service: Service, cache: Cache): readonly Pod[] {
  const selector = service.spec.selector ?? {};
  return cache.list(Pods, service.metadata.namespace).filter((pod) => includesLabels(selector, pod.metadata.labels));
}

/** Services that select the pod, before or after its change. */
export function servicesOfPod(pod: KubeObject | undefined, old: KubeObject | undefined, cache: Cache): readonly Key[] {
  const namespace = (pod ?? old)?.metadata.namespace ?? '';
  const labels = [pod, old].flatMap((state) => (state === undefined ? [] : [state.metadata.labels ?? {}]));
  return cache
    .list(Services, namespace)
    .filter(({ spec }) => hasSelector(spec.selector) && labels.some((set) => includesLabels(spec.selector ?? {}, set)))
    .map((service) => `${namespace}/${service.metadata.name}`);
}

export function hasSelector(selector: Readonly<Record<string, string>> | undefined): boolean {
  return selector !== undefined && Object.keys(selector).length > 0;
}

export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === 'None';
}

/** Running or about to: it has an address. Terminating pods only where they are asked for. */
export function hasEndpoint(pod: Pod, withTerminating: boolean): boolean {
  if (isPodTerminal(pod) || podIp(pod) === '') return false;
  return withTerminating || pod.metadata.deletionTimestamp === undefined;
}

export function podIp(pod: Pod): string {
  return pod.status?.podIP ?? pod.status?.podIPs?.[0]?.ip ?? '';
}

/** The hostname that a headless Service gives the pod. */
export function endpointHostname(pod: Pod, service: Service): string | undefined {
  const { hostname = '', subdomain } = pod.spec;
  const named = hostname !== '' && subdomain === service.metadata.name;
  return named && pod.metadata.namespace === service.metadata.namespace ? hostname : undefined;
}

/** Models pkg/api/v1/pod FindPort: a number as it is, a name as a container of the pod declares it. */
export function findPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  const containers = [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always'),
  ];
  for (const container of containers) {
    const found = container.ports?.find(
      (candidate) => candidate.name === target && (candidate.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    );
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

export interface TriggerTimes {
  readonly service: Micros;
  readonly pods: ReadonlyMap<string, Micros>;
}

/** Models endpointslice/util TriggerTimeTracker: the earliest change since the last look that may have led to this one. */
export function triggerTime(
  service: Service,
  pods: readonly Pod[],
  last: TriggerTimes | undefined,
): { readonly times: TriggerTimes; readonly trigger: string | undefined } {
  const changed: Micros[] = [];
  const times = new Map<string, Micros>();
  for (const pod of pods) {
    const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready');
    const at = parseTime(ready?.lastTransitionTime ?? '');
    if (at === undefined) continue;
    times.set(pod.metadata.name, at);
    if (at > (last?.pods.get(pod.metadata.name) ?? 0)) changed.push(at);
  }
  const created = parseTime(service.metadata.creationTimestamp ?? '') ?? 0;
  if (created > (last?.service ?? 0)) changed.push(created);
  const trigger = changed.length === 0 ? undefined : formatNanoTime(Math.min(...changed));
  return { times: { service: created, pods: times }, trigger };
}
