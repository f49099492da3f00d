import type { ContainerStatus as RuntimeContainer } from '../../api/cri.ts';
import { quantityMilliValue, quantityValue } from '../../api/quantity.ts';
import type { Container, ContainerState, ContainerStatus, Pod, PodStatus } from '../../api/types.gen.ts';
import { formatTime } from '../../lib/time.ts';
import type { Micros } from '../../sim/env.ts';
import type { WaitReason } from './context.ts';
import { ephemeralContainers, isRestartableInit } from './format.ts';
import { podIpOf, restartCountOf, type RuntimeStatus } from './runtime-status.ts';

/** Everything that a pod's status is made of. */
export interface StatusInput {
  readonly pod: Pod;
  /** What was last reported, or what the API has. */
  readonly old: PodStatus;
  readonly runtime: RuntimeStatus;
  readonly nodeIp: string;
  readonly now: Micros;
  /** The pod is over and will not be started again. */
  readonly terminal: boolean;
  waitReason(container: string): WaitReason | undefined;
  terminationMessage(container: Container, status: RuntimeContainer): string;
}

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

/** The status to report before probes have their say. Models pkg/kubelet/kubelet_pods.go generateAPIPodStatus. */
export function generateStatus(input: StatusInput): PodStatus {
  const { pod, old, runtime, nodeIp, terminal, now } = input;
  const initialized = hasInitialized(pod, runtime);
  const containerStatuses = pod.spec.containers.map((container) =>
    containerStatus(input, container, false, initialized),
  );
  const initContainerStatuses = (pod.spec.initContainers ?? []).map((container) =>
    containerStatus(input, container, true, initialized),
  );
  const ephemeralContainerStatuses = ephemeralContainers(pod).map((container) => {
    const { started: _started, ...status } = containerStatus(input, container, false, initialized);
    return status;
  });
  let phase = phaseOf(pod, initContainerStatuses, containerStatuses, terminal);
  // A pod that ended stays ended, whatever became of its containers.
  if (old.phase === 'Failed' || old.phase === 'Succeeded') phase = old.phase;
  const ip = podIp(input);
  return {
    phase,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    ...(old.reason === undefined || phase !== 'Failed' ? {} : { reason: old.reason }),
    ...(old.message === undefined || phase !== 'Failed' ? {} : { message: old.message }),
    hostIP: nodeIp,
    hostIPs: [{ ip: nodeIp }],
    ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime: old.startTime ?? formatTime(now),
    ...(initContainerStatuses.length === 0 ? {} : { initContainerStatuses }),
    containerStatuses,
    ...(ephemeralContainerStatuses.length === 0 ? {} : { ephemeralContainerStatuses }),
    qosClass: old.qosClass ?? qosOf(pod),
    conditions: old.conditions ?? [],
  };
}

function podIp({ pod, old, runtime, nodeIp }: StatusInput): string | undefined {
  if (pod.spec.hostNetwork === true) return nodeIp;
  return podIpOf(runtime) ?? old.podIP;
}

function hasInitialized(pod: Pod, runtime: RuntimeStatus): boolean {
  if (pod.spec.containers.some(({ name }) => runtime.containers.some(({ metadata }) => metadata.name === name)))
    return true;
  return (pod.spec.initContainers ?? []).every((container) => {
    const status = runtime.containers.find(({ metadata }) => metadata.name === container.name);
    if (isRestartableInit(container)) return status?.state === 'CONTAINER_RUNNING';
    return status?.state === 'CONTAINER_EXITED' && status.exitCode === 0;
  });
}

function containerStatus(
  input: StatusInput,
  container: Container,
  isInit: boolean,
  initialized: boolean,
): ContainerStatus {
  const { pod, old, runtime } = input;
  const before = [
    ...(old.containerStatuses ?? []),
    ...(old.initContainerStatuses ?? []),
    ...(old.ephemeralContainerStatuses ?? []),
  ].find(({ name }) => name === container.name);
  const known = runtime.containers.filter(({ metadata }) => metadata.name === container.name);
  const [current, previous] = known;
  const waiting = input.waitReason(container.name);
  const defaultWait = {
    reason:
      initialized || isInit || (pod.spec.initContainers ?? []).length === 0 ? 'ContainerCreating' : 'PodInitializing',
  };
  const initWait = { reason: 'PodInitializing' };
  const base = {
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    ready: false,
    restartCount: before?.restartCount ?? 0,
    lastState: {},
    ...resourcesOf(container),
    ...mountStatuses(container),
  };
  if (current === undefined)
    return withoutContainer(
      input,
      container,
      isInit,
      base,
      before,
      waiting,
      isInit || (pod.spec.initContainers ?? []).length > 0 ? initWait : defaultWait,
    );
  const state = stateOf(input, container, current);
  const shown = {
    ...base,
    containerID: `containerd://${current.id}`,
    image: current.image,
    imageID: current.imageRef,
    restartCount: restartCountOf(current),
  };
  const lastState = previous === undefined ? {} : stateOf(input, container, previous);
  const willRestart =
    current.state === 'CONTAINER_EXITED' &&
    !input.terminal &&
    waiting !== undefined &&
    restartsAfter(pod, container, current, isInit);
  if (willRestart || (current.state === 'CONTAINER_CREATED' && waiting !== undefined)) {
    return {
      ...shown,
      started: false,
      state: { waiting },
      lastState: current.state === 'CONTAINER_EXITED' ? state : lastState,
    };
  }
  return { ...shown, started: current.state === 'CONTAINER_RUNNING', state, lastState };
}

function withoutContainer(
  input: StatusInput,
  container: Container,
  isInit: boolean,
  base: ContainerStatus,
  before: ContainerStatus | undefined,
  waiting: WaitReason | undefined,
  defaultWait: { readonly reason: string },
): ContainerStatus {
  const ranBefore =
    before?.state?.terminated ??
    (before?.state?.running === undefined ? undefined : unknownEnd(before.state.running.startedAt));
  if (isInit && ranBefore?.exitCode === 0 && before !== undefined) return { ...before };
  if (input.terminal) {
    if (before?.state?.terminated !== undefined) return before;
    if (before?.state?.running !== undefined)
      return {
        ...base,
        ...before,
        ready: false,
        started: false,
        state: { terminated: ranBefore ?? unknownEnd(undefined) },
      };
    return { ...base, started: false, state: { waiting: waiting ?? before?.state?.waiting ?? defaultWait } };
  }
  const lastState =
    before?.state?.running !== undefined || before?.state?.terminated !== undefined
      ? { terminated: ranBefore ?? unknownEnd(undefined) }
      : (before?.lastState ?? {});
  return { ...base, started: false, state: { waiting: waiting ?? defaultWait }, lastState };
}

/** The container was running when last seen and is gone without a trace. */
function unknownEnd(startedAt: string | undefined): NonNullable<ContainerState['terminated']> {
  return {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    ...(startedAt === undefined ? {} : { startedAt }),
  };
}

function restartsAfter(pod: Pod, container: Container, current: RuntimeContainer, isInit: boolean): boolean {
  if (isInit && !isRestartableInit(container)) return current.exitCode !== 0 && pod.spec.restartPolicy !== 'Never';
  if (isInit) return true;
  if (pod.spec.restartPolicy === 'Never') return false;
  return !(pod.spec.restartPolicy === 'OnFailure' && current.exitCode === 0);
}

function stateOf(input: StatusInput, container: Container, status: RuntimeContainer): ContainerState {
  switch (status.state) {
    case 'CONTAINER_RUNNING':
      return { running: { startedAt: formatTime(status.startedAt) } };
    case 'CONTAINER_CREATED':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'CONTAINER_UNKNOWN':
    case 'CONTAINER_EXITED': {
      const message = input.terminationMessage(container, status);
      return {
        terminated: {
          exitCode: status.exitCode,
          reason: status.reason,
          ...(message === '' ? {} : { message }),
          startedAt: formatTime(status.startedAt),
          finishedAt: formatTime(status.finishedAt),
          containerID: `containerd://${status.id}`,
        },
      };
    }
  }
}

function resourcesOf(container: Container): Pick<ContainerStatus, 'allocatedResources' | 'resources'> {
  const { resources } = container;
  if (resources === undefined) return { resources: {} };
  return { ...(resources.requests === undefined ? {} : { allocatedResources: resources.requests }), resources };
}

function mountStatuses(container: Container): Pick<ContainerStatus, 'volumeMounts'> {
  if (container.volumeMounts === undefined || container.volumeMounts.length === 0) return {};
  return {
    volumeMounts: container.volumeMounts.map(({ name, mountPath, readOnly, recursiveReadOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly: true, recursiveReadOnly: recursiveReadOnly ?? 'Disabled' } : {}),
    })),
  };
}

/** Models getPhase: what the containers' states say together. */
export function phaseOf(
  pod: Pod,
  init: readonly ContainerStatus[],
  containers: readonly ContainerStatus[],
  terminal: boolean,
): Phase {
  const { restartPolicy } = pod.spec;
  let pendingInit = 0;
  let failedInit = 0;
  for (const container of pod.spec.initContainers ?? []) {
    const status = init.find(({ name }) => name === container.name);
    if (isRestartableInit(container)) {
      if (
        status === undefined ||
        (status.state?.waiting !== undefined && status.lastState?.terminated === undefined && status.restartCount === 0)
      )
        pendingInit++;
      continue;
    }
    const ended = status?.state?.terminated ?? status?.lastState?.terminated;
    if (status?.state?.running !== undefined || ended === undefined) pendingInit++;
    else if (ended.exitCode !== 0) {
      failedInit++;
      if (status?.state?.waiting !== undefined || restartPolicy !== 'Never') pendingInit++;
    }
  }
  let [waiting, running, stopped, succeeded, unknown] = [0, 0, 0, 0, 0];
  for (const container of pod.spec.containers) {
    const status = containers.find(({ name }) => name === container.name);
    if (status === undefined) unknown++;
    else if (status.state?.running !== undefined) running++;
    else if (status.state?.terminated !== undefined) {
      stopped++;
      if (status.state.terminated.exitCode === 0) succeeded++;
    } else if (status.state?.waiting !== undefined) {
      if (status.lastState?.terminated !== undefined) stopped++;
      else waiting++;
    } else unknown++;
  }
  if (failedInit > 0 && restartPolicy === 'Never') return 'Failed';
  const started = running + stopped > 0;
  if (pendingInit > 0 && !started) return terminal ? (failedInit > 0 ? 'Failed' : 'Pending') : 'Pending';
  if (waiting > 0) return 'Pending';
  if (running > 0 && unknown === 0) return 'Running';
  if (running === 0 && stopped > 0 && unknown === 0) {
    if (terminal) return stopped === succeeded ? 'Succeeded' : 'Failed';
    if (restartPolicy === 'Always') return 'Running';
    if (stopped === succeeded) return 'Succeeded';
    return restartPolicy === 'Never' ? 'Failed' : 'Running';
  }
  return 'Pending';
}

/** Guaranteed, Burstable or BestEffort. Models pkg/apis/core/v1/helper/qos. */
export function qosOf(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const amount = (name: string, text: string | undefined): number =>
    text === undefined ? 0 : name === 'cpu' ? quantityMilliValue(text) : quantityValue(text);
  let some = false;
  let guaranteed = true;
  for (const { resources } of containers) {
    for (const name of ['cpu', 'memory']) {
      const request = amount(name, resources?.requests?.[name]);
      const limit = amount(name, resources?.limits?.[name]);
      if (request > 0 || limit > 0) some = true;
      if (limit === 0 || (request !== 0 && request !== limit)) guaranteed = false;
    }
  }
  return !some ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable';
}
