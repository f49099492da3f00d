import type { ContainerStatus } from '../../api/cri.ts';
import type { Container, Pod } from '../../api/types.gen.ts';
import { formatDuration } from '../../lib/duration.ts';
import { SECOND, type Micros } from '../../sim/env.ts';
import { computePodActions, type PodActions } from './compute-actions.ts';
import { containerConfig, sandboxConfig } from './container-config.ts';
import type { Kubelet } from './context.ts';
import { RuntimeFailure, UNLIMITED } from './cri-client.ts';
import { ConfigError } from './environment.ts';
import {
  allContainers,
  containerHash,
  containerRef,
  fullName,
  isRestartableInit,
  LABEL,
  messageOf,
  podRef,
  podText,
  uidOf,
} from './format.ts';
import { runHook } from './hooks.ts';
import { findContainer, podIpOf, restartCountOf, type RuntimeStatus } from './runtime-status.ts';

/** What came of a sync: nothing to repeat, something failed, or something waits for its back-off. */
export interface SyncResult {
  readonly error?: string;
  /** Wall clock of this node when the earliest back-off ends. */
  readonly retryAt?: Micros;
}

type Start =
  | { readonly ok: true }
  | { readonly reason: string; readonly message: string; readonly retryAt?: Micros; readonly backOff: boolean };

/** Makes the runtime match the pod. Models kuberuntime's SyncPod. */
export async function runPod(kubelet: Kubelet, pod: Pod, status: RuntimeStatus): Promise<SyncResult> {
  const { recorder } = kubelet;
  const actions = computePodActions(pod, status, kubelet.probes.results);
  if (actions.createSandbox && actions.sandboxId !== undefined) {
    recorder.event(podRef(pod), 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
  }
  if (actions.killPod) {
    await killPod(kubelet, pod, status);
    if (!actions.createSandbox) return {};
  } else {
    for (const { id, name, message, reason } of actions.containersToKill) {
      await killContainer(kubelet, pod, status, id, { name, message, reason });
    }
  }
  const sandbox = await ensureSandbox(kubelet, pod, status, actions);
  if ('error' in sandbox) return sandbox;
  const results: SyncResult[] = [];
  for (const container of [
    ...actions.ephemeralContainersToStart,
    ...actions.initContainersToStart,
    ...actions.containersToStart,
  ]) {
    results.push(await startWithBackOff(kubelet, pod, container, status, sandbox));
  }
  return mergeResults(results);
}

function mergeResults(results: readonly SyncResult[]): SyncResult {
  const error = results.find((result) => result.error !== undefined)?.error;
  const times = results.flatMap(({ retryAt }) => (retryAt === undefined ? [] : [retryAt]));
  return { ...(error === undefined ? {} : { error }), ...(times.length === 0 ? {} : { retryAt: Math.min(...times) }) };
}

interface Sandbox {
  readonly id: string;
  readonly ip: string;
  readonly attempt: number;
}

async function ensureSandbox(
  kubelet: Kubelet,
  pod: Pod,
  status: RuntimeStatus,
  actions: PodActions,
): Promise<Sandbox | { readonly error: string }> {
  const nodeIp = kubelet.config.nodeIp;
  if (!actions.createSandbox)
    return { id: actions.sandboxId ?? '', ip: podIpOf(status) ?? nodeIp, attempt: actions.attempt };
  const config = sandboxConfig(kubelet, pod, actions.attempt);
  try {
    const { podSandboxId } = await kubelet.cri.call('runPodSandbox', { config });
    const { status: created } = await kubelet.cri.call('podSandboxStatus', { podSandboxId });
    return { id: podSandboxId, ip: created.ip ?? nodeIp, attempt: actions.attempt };
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) throw error;
    kubelet.recorder.event(
      podRef(pod),
      'Warning',
      'FailedCreatePodSandBox',
      `Failed to create pod sandbox: ${error.rpcText}`,
    );
    return { error: `failed to "CreatePodSandbox" for "${podText(pod)}": ${error.rpcText}` };
  }
}

async function startWithBackOff(
  kubelet: Kubelet,
  pod: Pod,
  container: Container,
  status: RuntimeStatus,
  sandbox: Sandbox,
): Promise<SyncResult> {
  const key = `${uidOf(pod)}_${container.name}`;
  const result =
    inBackOff(kubelet, pod, container, status) ?? (await startContainer(kubelet, pod, container, status, sandbox));
  if ('ok' in result) {
    kubelet.waitReasons.delete(key);
    return {};
  }
  const { reason, message, retryAt, backOff } = result;
  kubelet.waitReasons.set(key, { reason, message });
  return {
    ...(retryAt === undefined ? {} : { retryAt }),
    ...(backOff ? {} : { error: `failed to "StartContainer" for "${container.name}" with ${reason}: ${message}` }),
  };
}

/** A container that ended recently is started again only when its delay is over. */
function inBackOff(kubelet: Kubelet, pod: Pod, container: Container, status: RuntimeStatus): Start | undefined {
  const last = status.containers.find(
    ({ metadata, state }) => metadata.name === container.name && state === 'CONTAINER_EXITED',
  );
  if (last === undefined) return undefined;
  const { restartBackOff, recorder } = kubelet;
  const key = backOffKey(pod, container);
  if (!restartBackOff.isInBackOffSince(key, last.finishedAt)) {
    restartBackOff.next(key, last.finishedAt);
    return undefined;
  }
  recorder.event(
    containerRef(pod, container),
    'Warning',
    'BackOff',
    `Back-off restarting failed container ${container.name} in pod ${podText(pod)}`,
  );
  const delay = restartBackOff.get(key);
  const message = `back-off ${formatDuration(delay)} restarting failed container=${container.name} pod=${podText(pod)}`;
  return { reason: 'CrashLoopBackOff', message, retryAt: last.finishedAt + delay, backOff: true };
}

function backOffKey(pod: Pod, container: Container): string {
  return `${uidOf(pod)}_${fullName(pod)}_${container.name}_${containerHash(container)}`;
}

async function startContainer(
  kubelet: Kubelet,
  pod: Pod,
  container: Container,
  status: RuntimeStatus,
  sandbox: Sandbox,
): Promise<Start> {
  const { cri, recorder, env } = kubelet;
  const ref = containerRef(pod, container);
  const failed = (reason: string, message: string, shown = message): Start => {
    recorder.event(ref, 'Warning', 'Failed', `Error: ${shown}`);
    return { reason, message, backOff: false };
  };
  const pulled = await kubelet.images.ensure(pod, container);
  if ('reason' in pulled) {
    recorder.event(ref, 'Warning', 'Failed', `Error: ${pulled.reason}`);
    return { ...pulled, backOff: pulled.reason === 'ImagePullBackOff' };
  }
  const config = sandboxConfig(kubelet, pod, sandbox.attempt);
  const restartCount = nextRestartCount(pod, container, status);
  let containerId: string;
  try {
    const facts = { podIp: sandbox.ip, hostIp: kubelet.config.nodeIp };
    const wanted = await containerConfig(kubelet, pod, container, pulled.image, restartCount, facts, config);
    ({ containerId } = await cri.call('createContainer', {
      podSandboxId: sandbox.id,
      config: wanted,
      sandboxConfig: config,
    }));
  } catch (error) {
    if (error instanceof ConfigError) return failed('CreateContainerConfigError', error.message);
    if (error instanceof RuntimeFailure) return failed('CreateContainerError', error.message);
    if (error instanceof Error) return failed('CreateContainerConfigError', messageOf(error));
    throw error;
  }
  recorder.event(ref, 'Normal', 'Created', 'Container created');
  try {
    await cri.call('startContainer', { containerId });
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) throw error;
    return failed('RunContainerError', error.message);
  }
  recorder.event(ref, 'Normal', 'Started', 'Container started');
  const hook = container.lifecycle?.postStart;
  if (hook === undefined) return { ok: true };
  const problem = await runHook(env, cri, pod, container, containerId, hook, sandbox.ip, 0);
  if (problem === undefined) return { ok: true };
  recorder.event(ref, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
  await killContainer(kubelet, pod, status, containerId, {
    name: container.name,
    message: 'FailedPostStartHook',
    reason: 'Unknown',
  });
  return { reason: 'PostStartHookError', message: problem, backOff: false };
}

/** Counts on from what the runtime knows, or from what the API was told when the runtime has forgotten. */
function nextRestartCount(pod: Pod, container: Container, status: RuntimeStatus): number {
  const last = findContainer(status, container.name);
  if (last !== undefined) return restartCountOf(last) + 1;
  const told = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    ({ name }) => name === container.name,
  );
  return told?.containerID === undefined || told.containerID === '' ? 0 : told.restartCount + 1;
}

interface Kill {
  readonly name: string;
  readonly message: string;
  readonly reason: 'Unknown' | 'ContainerDefinitionChanged' | 'LivenessProbe' | 'StartupProbe';
}

/** A container gets no less than this between the two signals. */
const MINIMUM_GRACE = 2;

/** Runs the preStop hook and stops a container. Models kuberuntime's killContainer. */
export async function killContainer(
  kubelet: Kubelet,
  pod: Pod | undefined,
  status: RuntimeStatus,
  id: string,
  kill: Kill,
  graceOverride?: number,
): Promise<void> {
  const { env, cri, recorder } = kubelet;
  const container = pod === undefined ? undefined : allContainers(pod).find(({ name }) => name === kill.name);
  let grace = graceOverride ?? (pod === undefined ? 30 : graceOf(pod, container, kill));
  if (pod !== undefined && container !== undefined)
    recorder.event(containerRef(pod, container), 'Normal', 'Killing', kill.message);
  const hook = container?.lifecycle?.preStop;
  if (hook !== undefined && pod !== undefined && container !== undefined && grace > 0) {
    const began = env.uptime();
    const problem = await raceWithTimeout(
      kubelet,
      runHook(env, cri, pod, container, id, hook, podIpOf(status) ?? kubelet.config.nodeIp, grace),
      grace,
    );
    if (problem !== undefined)
      recorder.event(containerRef(pod, container), 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
    grace -= Math.floor((env.uptime() - began) / SECOND);
  }
  if (grace < MINIMUM_GRACE) grace = MINIMUM_GRACE;
  try {
    await cri.call('stopContainer', { containerId: id, timeout: grace }, UNLIMITED);
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) throw error;
    if (error.code !== 'NotFound') throw error;
  }
}

async function raceWithTimeout(
  kubelet: Kubelet,
  action: Promise<string | undefined>,
  seconds: number,
): Promise<string | undefined> {
  const { promise, resolve, reject } = kubelet.env.deferred<string | undefined>();
  const cancel = kubelet.env.after(seconds * SECOND, () => resolve('context deadline exceeded'));
  action.then(resolve, (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))));
  const result = await promise;
  cancel();
  return result;
}

function graceOf(pod: Pod, container: Container | undefined, { reason }: Kill): number {
  const probe =
    reason === 'LivenessProbe'
      ? container?.livenessProbe
      : reason === 'StartupProbe'
        ? container?.startupProbe
        : undefined;
  return (
    pod.metadata.deletionGracePeriodSeconds ??
    probe?.terminationGracePeriodSeconds ??
    pod.spec.terminationGracePeriodSeconds ??
    30
  );
}

/** Stops all containers of a pod (sidecars after the others, in reverse order) and then its sandboxes. */
export async function killPod(
  kubelet: Kubelet,
  pod: Pod | undefined,
  status: RuntimeStatus,
  graceOverride?: number,
): Promise<void> {
  const running = status.containers.filter(({ state }) => state === 'CONTAINER_RUNNING');
  const sidecars = (pod?.spec.initContainers ?? []).filter(isRestartableInit).map(({ name }) => name);
  const nameOf = (container: ContainerStatus): string => container.labels[LABEL.container] ?? container.metadata.name;
  const stop = (container: ContainerStatus): Promise<void> => {
    const name = nameOf(container);
    return killContainer(
      kubelet,
      pod,
      status,
      container.id,
      { name, message: `Stopping container ${name}`, reason: 'Unknown' },
      graceOverride,
    );
  };
  await allOf(
    kubelet,
    running.filter((container) => !sidecars.includes(nameOf(container))).map((container) => () => stop(container)),
  );
  for (const name of [...sidecars].reverse())
    for (const container of running) if (nameOf(container) === name) await stop(container);
  for (const sandbox of status.sandboxes) {
    if (sandbox.state === 'SANDBOX_READY')
      await kubelet.cri.call('stopPodSandbox', { podSandboxId: sandbox.id }, UNLIMITED);
  }
}

/** Runs actions side by side; fails with the first failure after all have ended. */
async function allOf(kubelet: Kubelet, actions: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  const running = actions.map((action) => {
    const { promise, resolve } = kubelet.env.deferred<void>();
    action().then(resolve, (error: unknown) => {
      failures.push(error);
      resolve();
    });
    return promise;
  });
  for (const promise of running) await promise;
  if (failures.length > 0) throw failures[0];
}
