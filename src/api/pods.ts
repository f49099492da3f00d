// What every component must see alike in a pod. Models pkg/api/v1/pod, pkg/apis/core/v1/helper/qos and component-helpers/resource.
import { conditionOf } from './conditions.ts';
import type { Container, Pod, PodCondition, PodSpec } from './types.gen.ts';
import type { Amount } from './quantity.ts';
import { addAmounts, amountMilliValue, amountValue, parseQuantity } from './quantity.ts';

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return conditionOf(pod.status?.conditions, type);
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** Ready, and for at least so many seconds. */
export function isPodAvailable(
  pod: Pod,
  minReadySeconds: number,
  now: number,
  timeOf: (text: string) => number | undefined,
): boolean {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return false;
  if (minReadySeconds === 0) return true;
  const since = timeOf(ready.lastTransitionTime ?? '');
  return since !== undefined && since + minReadySeconds * 1_000_000 <= now;
}

/** Succeeded or Failed: it will not run again. */
export function isPodTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** A static pod's picture in the API server. */
export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
}

/** An init container that keeps running beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

export function qosClass(spec: PodSpec): QosClass {
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const container of all) {
    const requests = container.resources?.requests ?? {};
    const limits = container.resources?.limits ?? {};
    for (const resource of ['cpu', 'memory']) {
      const request = nanosOf(requests[resource]);
      const limit = nanosOf(limits[resource]);
      if (request > 0n || limit > 0n) any = true;
      if (limit <= 0n || (requests[resource] !== undefined && request !== limit)) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function nanosOf(quantity: string | undefined): bigint {
  return quantity === undefined ? 0n : parseQuantity(quantity).nanos;
}

type Amounts = Map<string, Amount>;

/** What the pod asks for: its containers together, or its largest init container beside the sidecars started before it. */
export function podRequestAmounts(spec: PodSpec): Amounts {
  return podAmounts(spec, 'requests');
}

export function podLimitAmounts(spec: PodSpec): Amounts {
  return podAmounts(spec, 'limits');
}

function podAmounts(spec: PodSpec, side: 'requests' | 'limits'): Amounts {
  const total: Amounts = new Map();
  for (const container of spec.containers ?? []) addTo(total, amountsOf(container.resources?.[side]));
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = amountsOf(container.resources?.[side]);
    if (isSidecar(container)) {
      addTo(total, own);
      addTo(sidecars, own);
      raiseTo(peak, sidecars);
    } else {
      addTo(own, sidecars);
      raiseTo(peak, own);
    }
  }
  raiseTo(total, peak);
  for (const [resource, amount] of amountsOf(spec.resources?.[side])) total.set(resource, amount);
  for (const [resource, amount] of amountsOf(spec.overhead)) {
    if (side === 'requests' || total.has(resource)) addTo(total, new Map([[resource, amount]]));
  }
  return total;
}

function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([resource, quantity]) => [resource, parseQuantity(quantity)]));
}

function addTo(total: Amounts, more: ReadonlyMap<string, Amount>): void {
  for (const [resource, amount] of more) {
    const sum = total.get(resource);
    total.set(resource, sum === undefined ? amount : addAmounts(sum, amount));
  }
}

function raiseTo(total: Amounts, floor: ReadonlyMap<string, Amount>): void {
  for (const [resource, amount] of floor) {
    const current = total.get(resource);
    if (current === undefined || amount.nanos > current.nanos) total.set(resource, amount);
  }
}

/** Numbers as the scheduler counts: cpu in thousandths, everything else in whole units. */
export function resourceNumbers(amounts: ReadonlyMap<string, Amount>): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [resource, amount] of amounts) {
    numbers[resource] = resource === 'cpu' ? amountMilliValue(amount) : amountValue(amount);
  }
  return numbers;
}

export function podRequests(spec: PodSpec): Record<string, number> {
  return resourceNumbers(podRequestAmounts(spec));
}

/** What a pod weighs when scores are given: unset requests count as 100m of CPU and 200Mi of memory a container. */
export function nonZeroRequests(spec: PodSpec): { readonly cpu: number; readonly memory: number } {
  const filled = (container: Container): Container => ({
    ...container,
    resources: {
      ...container.resources,
      requests: { cpu: '100m', memory: '200Mi', ...container.resources?.requests },
    },
  });
  const requests = podRequests({
    ...spec,
    containers: (spec.containers ?? []).map(filled),
    initContainers: (spec.initContainers ?? []).map(filled),
  });
  return { cpu: requests['cpu'] ?? 0, memory: requests['memory'] ?? 0 };
}

const DELETION_COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost';

/** 0 when the annotation is absent or is no 32-bit integer. */
export function podDeletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST_ANNOTATION] ?? '0';
  if (!/^(0|-?[1-9]\d*)$/.test(text)) return 0;
  const cost = Number(text);
  return cost >= -2_147_483_648 && cost <= 2_147_483_647 ? cost : 0;
}

export interface RankedPod {
  readonly pod: Pod;
  /** How many related pods share its node: the more, the sooner it goes. */
  readonly rank: number;
}

const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** The order in which a ReplicaSet gives pods up, first to go first. Models controller.ActivePodsWithRanks. */
export function compareForDeletion(
  a: RankedPod,
  b: RankedPod,
  now: number,
  timeOf: (text: string) => number | undefined,
): number {
  const assigned = (ranked: RankedPod): number => ((ranked.pod.spec.nodeName ?? '') === '' ? 0 : 1);
  const phase = (ranked: RankedPod): number => PHASES[ranked.pod.status?.phase ?? ''] ?? 0;
  const ready = (ranked: RankedPod): number => (isPodReady(ranked.pod) ? 1 : 0);
  const steps = [
    assigned(a) - assigned(b),
    phase(a) - phase(b),
    ready(a) - ready(b),
    podDeletionCost(a.pod) - podDeletionCost(b.pod),
    b.rank - a.rank,
    isPodReady(a.pod) && isPodReady(b.pod) ? compareAges(readySince(a.pod), readySince(b.pod), now, timeOf) : 0,
    restarts(b.pod) - restarts(a.pod),
    compareAges(a.pod.metadata.creationTimestamp, b.pod.metadata.creationTimestamp, now, timeOf),
  ];
  const decisive = steps.find((step) => step !== 0);
  if (decisive !== undefined) return decisive;
  return (a.pod.metadata.uid ?? '') < (b.pod.metadata.uid ?? '') ? -1 : 1;
}

function readySince(pod: Pod): string | undefined {
  return podCondition(pod, 'Ready')?.lastTransitionTime;
}

function restarts(pod: Pod): number {
  const counts = (pod.status?.containerStatuses ?? []).map((status) => status.restartCount);
  return Math.max(0, ...counts);
}

/** Younger first, but only by powers of two of the age: equal ranks are left to chance, here to the UID. */
function compareAges(
  a: string | undefined,
  b: string | undefined,
  now: number,
  timeOf: (text: string) => number | undefined,
): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return magnitude(now - (timeOf(a) ?? now)) - magnitude(now - (timeOf(b) ?? now));
}

/** The binary logarithm of an age in nanoseconds, rounded down. */
function magnitude(micros: number): number {
  return micros <= 0 ? -1 : (BigInt(micros) * 1000n).toString(2).length - 1;
}
