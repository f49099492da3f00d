import type { ContainerStatus } from '../../api/cri.ts';
import type { Container, Pod } from '../../api/types.gen.ts';
import { CONTAINER_ANNOTATION, containerHash, ephemeralContainers, isRestartableInit } from './format.ts';
import { findContainer, type RuntimeStatus } from './runtime-status.ts';

export type ProbeVerdict = 'success' | 'failure' | undefined;

/** What the probes last said of a container, by its id. */
export interface ProbeResults {
  liveness(containerId: string): ProbeVerdict;
  startup(containerId: string): ProbeVerdict;
}

export interface ContainerToKill {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  readonly reason: 'Unknown' | 'ContainerDefinitionChanged' | 'LivenessProbe' | 'StartupProbe';
}

export interface PodActions {
  readonly killPod: boolean;
  readonly createSandbox: boolean;
  /** The sandbox to use, or the one that was replaced. */
  readonly sandboxId: string | undefined;
  readonly attempt: number;
  readonly ephemeralContainersToStart: readonly Container[];
  readonly initContainersToStart: readonly Container[];
  readonly containersToStart: readonly Container[];
  readonly containersToKill: readonly ContainerToKill[];
}

/** What it takes to get from what runs to what the pod wants. Models kuberuntime's computePodActions. */
export function computePodActions(pod: Pod, status: RuntimeStatus, probes: ProbeResults): PodActions {
  const { change, sandboxId, attempt } = sandboxChanged(pod, status);
  const base: PodActions = {
    killPod: change,
    createSandbox: change,
    sandboxId,
    attempt,
    ephemeralContainersToStart: [],
    initContainersToStart: [],
    containersToStart: [],
    containersToKill: [],
  };
  return change ? forNewSandbox(pod, status, base) : forSandbox(pod, status, probes, base);
}

function sandboxChanged(
  pod: Pod,
  { sandboxes }: RuntimeStatus,
): { change: boolean; sandboxId: string | undefined; attempt: number } {
  const [newest] = sandboxes;
  if (newest === undefined) return { change: true, sandboxId: undefined, attempt: 0 };
  const next = { change: true, sandboxId: newest.id, attempt: newest.metadata.attempt + 1 };
  if (sandboxes.filter(({ state }) => state === 'SANDBOX_READY').length > 1) return next;
  if (newest.state !== 'SANDBOX_READY') return next;
  if (newest.hostNetwork !== (pod.spec.hostNetwork === true)) return next;
  if (!newest.hostNetwork && (newest.ip ?? '') === '') return next;
  return { change: false, sandboxId: newest.id, attempt: newest.metadata.attempt };
}

function forNewSandbox(pod: Pod, status: RuntimeStatus, base: PodActions): PodActions {
  if (!restartsOnFailure(pod) && base.attempt !== 0 && status.containers.length !== 0)
    return { ...base, createSandbox: false };
  const wanted = pod.spec.containers.filter((container) => {
    const last = findContainer(status, container.name);
    return !(pod.spec.restartPolicy === 'OnFailure' && last?.state === 'CONTAINER_EXITED' && last.exitCode === 0);
  });
  if (wanted.length === 0) return { ...base, createSandbox: false };
  const [firstInit] = pod.spec.initContainers ?? [];
  if (firstInit !== undefined) return { ...base, initContainersToStart: [firstInit] };
  return { ...base, containersToStart: wanted };
}

function forSandbox(pod: Pod, status: RuntimeStatus, probes: ProbeResults, plain: PodActions): PodActions {
  // Whatever is wrong with the others: to find that out is what they are for.
  const base = { ...plain, ephemeralContainersToStart: newEphemeral(pod, status) };
  const active: RuntimeStatus = {
    ...status,
    containers: status.containers.filter(({ podSandboxId }) => podSandboxId === base.sandboxId),
  };
  const init = initActions(pod, active, probes);
  if (init.killPod) return { ...base, killPod: true };
  const withInit = { ...base, initContainersToStart: init.toStart, containersToKill: init.toKill };
  if (!init.initialized) return withInit;
  const toStart: Container[] = [];
  const toKill: ContainerToKill[] = [...init.toKill];
  let kept = 0;
  for (const container of pod.spec.containers) {
    const current = findContainer(status, container.name);
    if (current === undefined || current.state !== 'CONTAINER_RUNNING') {
      if (current?.state === 'CONTAINER_UNKNOWN')
        toKill.push({
          id: current.id,
          name: container.name,
          message: `Container is in "${current.state}" state, try killing it before restart`,
          reason: 'Unknown',
        });
      if (shouldRestart(container, pod, status)) toStart.push(container);
      continue;
    }
    const fault = faultOf(container, current, probes);
    if (fault === undefined) {
      kept++;
      continue;
    }
    const restart = restartsOnFailure(pod) || fault.reason === 'ContainerDefinitionChanged';
    toKill.push({
      ...fault,
      id: current.id,
      name: container.name,
      message: restart ? `${fault.message}, will be restarted` : fault.message,
    });
    if (restart) toStart.push(container);
  }
  const killPod = kept === 0 && toStart.length === 0;
  return {
    ...withInit,
    killPod,
    initContainersToStart: killPod ? [] : init.toStart,
    containersToStart: toStart,
    containersToKill: toKill,
  };
}

function newEphemeral(pod: Pod, status: RuntimeStatus): readonly Container[] {
  if (pod.metadata.deletionTimestamp !== undefined) return [];
  return ephemeralContainers(pod).filter(({ name }) => findContainer(status, name) === undefined);
}

function faultOf(
  container: Container,
  current: ContainerStatus,
  probes: ProbeResults,
): Pick<ContainerToKill, 'message' | 'reason'> | undefined {
  const { name } = container;
  if (current.annotations[CONTAINER_ANNOTATION.hash] !== containerHash(container))
    return { message: `Container ${name} definition changed`, reason: 'ContainerDefinitionChanged' };
  if (probes.liveness(current.id) === 'failure')
    return { message: `Container ${name} failed liveness probe`, reason: 'LivenessProbe' };
  if (probes.startup(current.id) === 'failure')
    return { message: `Container ${name} failed startup probe`, reason: 'StartupProbe' };
  return undefined;
}

interface InitActions {
  readonly initialized: boolean;
  readonly killPod: boolean;
  readonly toStart: readonly Container[];
  readonly toKill: readonly ContainerToKill[];
}

/** Init containers run one after another; a restartable one only has to have started. */
function initActions(pod: Pod, status: RuntimeStatus, probes: ProbeResults): InitActions {
  const containers = pod.spec.initContainers ?? [];
  const toStart: Container[] = [];
  const toKill: ContainerToKill[] = [];
  const result = (initialized: boolean, killPod = false): InitActions => ({ initialized, killPod, toStart, toKill });
  const past = pod.spec.containers.some(({ name }) => findContainer(status, name) !== undefined);
  for (const [index, container] of containers.entries()) {
    const current = findContainer(status, container.name);
    const laterStarted =
      past || containers.slice(index + 1).some(({ name }) => findContainer(status, name) !== undefined);
    if (isRestartableInit(container)) {
      const fault = current?.state === 'CONTAINER_RUNNING' ? faultOf(container, current, probes) : undefined;
      if (fault !== undefined && current !== undefined)
        toKill.push({ ...fault, id: current.id, name: container.name, message: `${fault.message}, will be restarted` });
      if (current === undefined || current.state === 'CONTAINER_EXITED' || fault !== undefined) {
        toStart.push(container);
        if (!laterStarted) return result(false);
      } else if (!laterStarted && !hasStarted(container, current, probes)) return result(false);
      continue;
    }
    if (laterStarted) continue;
    if (current === undefined) {
      toStart.push(container);
      return result(false);
    }
    if (current.state !== 'CONTAINER_EXITED') return result(false);
    if (current.exitCode === 0) continue;
    if (!restartsOnFailure(pod)) return result(false, true);
    toStart.push(container);
    return result(false);
  }
  return result(true);
}

function hasStarted(container: Container, current: ContainerStatus, probes: ProbeResults): boolean {
  if (current.state !== 'CONTAINER_RUNNING') return false;
  return container.startupProbe === undefined || probes.startup(current.id) === 'success';
}

export function restartsOnFailure(pod: Pod): boolean {
  return pod.spec.restartPolicy !== 'Never';
}

/** Whether a container that does not run is to be started (again). */
export function shouldRestart(container: Container, pod: Pod, status: RuntimeStatus): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const last = findContainer(status, container.name);
  if (last === undefined) return true;
  if (last.state === 'CONTAINER_RUNNING') return false;
  if (last.state === 'CONTAINER_UNKNOWN' || last.state === 'CONTAINER_CREATED') return true;
  if (pod.spec.restartPolicy === 'Never') return false;
  return !(pod.spec.restartPolicy === 'OnFailure' && last.exitCode === 0);
}
