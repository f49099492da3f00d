import { conditionOf } from '../../api/conditions.ts';
import type { Pod, PodCondition, PodStatus } from '../../api/types.gen.ts';
import { formatTime } from '../../lib/time.ts';
import type { Micros } from '../../sim/env.ts';
import { isRestartableInit } from './format.ts';
import { podIpOf, type RuntimeStatus } from './runtime-status.ts';

/** In the order in which the kubelet reports them. */
export const KUBELET_CONDITIONS: readonly string[] = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
];

/** Adds the conditions that the kubelet owns. */
export function withConditions(pod: Pod, status: PodStatus, runtime: RuntimeStatus, now: Micros): PodStatus {
  const sandboxReady =
    runtime.sandboxes[0]?.state === 'SANDBOX_READY' &&
    (pod.spec.hostNetwork === true || podIpOf(runtime) !== undefined);
  const initialized = initializedCondition(pod, status);
  const containersReady = containersReadyCondition(pod, status);
  const generation = pod.metadata.generation;
  let conditions = status.conditions ?? [];
  const set = (
    type: string,
    value: { readonly ok: boolean; readonly reason?: string; readonly message?: string },
  ): void => {
    const condition: PodCondition = {
      type,
      status: value.ok ? 'True' : 'False',
      ...(value.reason === undefined ? {} : { reason: value.reason }),
      ...(value.message === undefined ? {} : { message: value.message }),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
    conditions = withKubeletCondition(conditions, condition, now);
  };
  set('PodReadyToStartContainers', { ok: sandboxReady });
  set('Initialized', initialized);
  set('Ready', readyCondition(pod, status, containersReady));
  set('ContainersReady', containersReady);
  set('PodScheduled', { ok: true });
  // Conditions of others come first, then the kubelet's in this order.
  const others = conditions.filter(({ type }) => !KUBELET_CONDITIONS.includes(type));
  const own = KUBELET_CONDITIONS.flatMap((type) => conditions.filter((condition) => condition.type === type));
  return { ...status, conditions: [...others, ...own] };
}

function withKubeletCondition(
  conditions: readonly PodCondition[],
  next: PodCondition,
  now: Micros,
): readonly PodCondition[] {
  const before = conditionOf(conditions, next.type);
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : formatTime(now);
  const full: PodCondition = { ...next, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) };
  const rest = conditions.filter(({ type }) => type !== next.type);
  const at = conditions.findIndex(({ type }) => type === next.type);
  if (at < 0) return [...conditions, full];
  return [...rest.slice(0, at), full, ...rest.slice(at)];
}

type Verdict = { readonly ok: boolean; readonly reason?: string; readonly message?: string };

function initializedCondition(pod: Pod, status: PodStatus): Verdict {
  const incomplete: string[] = [];
  for (const container of pod.spec.initContainers ?? []) {
    const found = status.initContainerStatuses?.find(({ name }) => name === container.name);
    const done = isRestartableInit(container) ? found?.started === true : found?.state?.terminated?.exitCode === 0;
    if (!done) incomplete.push(container.name);
  }
  if (status.phase === 'Succeeded') return { ok: true, reason: 'PodCompleted' };
  if (incomplete.length === 0) return { ok: true };
  if (
    (status.containerStatuses ?? []).some(
      ({ state, lastState }) =>
        state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined,
    )
  )
    return { ok: true };
  return {
    ok: false,
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  };
}

function containersReadyCondition(pod: Pod, status: PodStatus): Verdict {
  if (status.phase === 'Succeeded') return { ok: false, reason: 'PodCompleted' };
  if (status.phase === 'Failed') return { ok: false, reason: 'PodFailed' };
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const container of pod.spec.containers) {
    const found = status.containerStatuses?.find(({ name }) => name === container.name);
    if (found === undefined) unknown.push(container.name);
    else if (!found.ready) unready.push(container.name);
  }
  for (const container of (pod.spec.initContainers ?? []).filter(isRestartableInit)) {
    if (status.initContainerStatuses?.find(({ name }) => name === container.name)?.ready !== true)
      unready.push(container.name);
  }
  if (unknown.length === 0 && unready.length === 0) return { ok: true };
  const parts = [
    ...(unknown.length === 0 ? [] : [`containers with unknown status: [${unknown.join(' ')}]`]),
    ...(unready.length === 0 ? [] : [`containers with unready status: [${unready.join(' ')}]`]),
  ];
  return { ok: false, reason: 'ContainersNotReady', message: parts.join(', ') };
}

function readyCondition(pod: Pod, status: PodStatus, containersReady: Verdict): Verdict {
  if (!containersReady.ok) return containersReady;
  const missing: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const gate = conditionOf(status.conditions, conditionType);
    if (gate === undefined)
      missing.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (gate.status !== 'True')
      missing.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`);
  }
  return missing.length === 0
    ? { ok: true }
    : { ok: false, reason: 'ReadinessGatesNotReady', message: missing.join(', ') };
}
