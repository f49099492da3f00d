import type { ContainerStatus as RuntimeContainer } from '../../api/cri.ts';
import type { Container, Pod, PodStatus } from '../../api/types.gen.ts';
import { parseTime } from '../../lib/time.ts';
import { SECOND } from '../../sim/env.ts';
import { terminationLogPath } from './container-config.ts';
import type { Kubelet } from './context.ts';
import { isMirrorOf } from './pod-store.ts';
import { createMirrorPod, deleteMirrorPod } from './mirror-pods.ts';
import { ephemeralContainers, isStatic, podRef, uidOf } from './format.ts';
import { withConditions } from './pod-conditions.ts';
import { generateStatus } from './pod-status.ts';
import type { PodHandlers, PodWorker } from './pod-workers.ts';
import { killPod, runPod } from './run-pod.ts';
import { restartCountOf, type RuntimeStatus } from './runtime-status.ts';
import { mountVolumes, removePodDirectory } from './volumes.ts';

/** At most this much of a termination message is kept. */
const MESSAGE_BYTES = 4096;

export function podHandlers(kubelet: Kubelet): PodHandlers {
  return {
    sync: (pod, status, worker) => sync(kubelet, pod, status, worker),
    terminate: (pod, status, grace) => terminate(kubelet, pod, status, grace),
    terminated: (pod, status) => terminated(kubelet, pod, status),
    terminateOrphan: (status) => killPod(kubelet, undefined, status, 1),
    runtimeStatus: (uid, newerThan) => kubelet.pleg.newerThan(uid, newerThan),
  };
}

/** Models Kubelet.SyncPod. */
async function sync(
  kubelet: Kubelet,
  pod: Pod,
  runtime: RuntimeStatus,
  worker: PodWorker,
): ReturnType<PodHandlers['sync']> {
  const { statuses, recorder } = kubelet;
  const status = statusOf(kubelet, pod, runtime, false);
  if (pastDeadline(kubelet, pod, status, worker)) {
    recorder.event(
      podRef(pod),
      'Normal',
      'DeadlineExceeded',
      'Pod was active on the node longer than the specified deadline',
    );
    const failed: PodStatus = {
      ...status,
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    statuses.set(pod, withConditions(pod, failed, runtime, kubelet.env.now()));
    return { terminal: true };
  }
  statuses.set(pod, status);
  if (status.phase === 'Failed' || status.phase === 'Succeeded') return { terminal: true };
  const network = pod.spec.hostNetwork === true ? undefined : kubelet.networkProblem();
  if (network !== undefined) {
    recorder.event(podRef(pod), 'Warning', 'NetworkNotReady', `network is not ready: ${network}`);
    return { terminal: false, error: `network is not ready: ${network}` };
  }
  if (isStatic(pod)) await keepMirror(kubelet, pod);
  const unmounted = await mountVolumes(kubelet, pod, () => worker.stage === 'sync');
  if (unmounted !== undefined) {
    if (unmounted !== 'context canceled')
      recorder.event(podRef(pod), 'Warning', 'FailedMount', `Unable to attach or mount volumes: ${unmounted}`);
    return { terminal: false, error: unmounted };
  }
  kubelet.probes.addPod(pod);
  const before = reasonsOf(kubelet, pod);
  const result = await runPod(kubelet, pod, runtime);
  if (before !== reasonsOf(kubelet, pod)) showSoon(kubelet, pod, worker);
  return { ...result, terminal: false };
}

function reasonsOf(kubelet: Kubelet, pod: Pod): string {
  return [...pod.spec.containers, ...ephemeralContainers(pod)]
    .map(({ name }) => kubelet.waitReasons.get(`${uidOf(pod)}_${name}`)?.reason ?? '')
    .join();
}

/** A container's reason to wait shows a moment later, as when the next look at the runtime brings the next sync. */
function showSoon(kubelet: Kubelet, pod: Pod, worker: PodWorker): void {
  kubelet.env.after(SECOND, () => {
    if (worker.stage !== 'sync' || worker.working) return;
    const current = kubelet.pods.byUid(uidOf(pod)) ?? pod;
    kubelet.statuses.set(current, statusOf(kubelet, current, kubelet.pleg.get(uidOf(pod)), false));
  });
}

/** Whether the pod has been active for too long; if not yet, the worker is woken when it will have been. */
function pastDeadline({ env }: Kubelet, pod: Pod, status: PodStatus, worker: PodWorker): boolean {
  const { activeDeadlineSeconds } = pod.spec;
  const start = parseTime(status.startTime ?? '');
  if (activeDeadlineSeconds === undefined || start === undefined) return false;
  const left = start + activeDeadlineSeconds * SECOND - env.now();
  if (left <= 0) return true;
  worker.deadline?.();
  worker.deadline = env.after(left, () => worker.wake());
  return false;
}

async function keepMirror(kubelet: Kubelet, pod: Pod): Promise<void> {
  const mirror = kubelet.pods.mirrorOf(pod);
  const outdated =
    mirror !== undefined && (mirror.metadata.deletionTimestamp !== undefined || !isMirrorOf(mirror, pod));
  if (outdated) await deleteMirrorPod(kubelet, mirror);
  else if (mirror === undefined) await createMirrorPod(kubelet, pod);
}

/** Models Kubelet.SyncTerminatingPod. */
async function terminate(kubelet: Kubelet, pod: Pod, runtime: RuntimeStatus, grace: number | undefined): Promise<void> {
  kubelet.statuses.set(pod, statusOf(kubelet, pod, runtime, false));
  kubelet.probes.stopLivenessAndStartup(uidOf(pod));
  await killPod(kubelet, pod, runtime, grace);
  kubelet.probes.removePod(uidOf(pod));
  const after = await kubelet.pleg.newerThan(uidOf(pod), kubelet.env.uptime());
  kubelet.statuses.set(pod, statusOf(kubelet, pod, after, true));
}

/** Models Kubelet.SyncTerminatedPod. */
async function terminated(kubelet: Kubelet, pod: Pod, runtime: RuntimeStatus): Promise<void> {
  kubelet.statuses.finish(pod, statusOf(kubelet, pod, runtime, true));
  removePodDirectory(kubelet, uidOf(pod));
  if (pod.metadata.deletionTimestamp !== undefined || isStatic(pod)) {
    for (const sandbox of runtime.sandboxes) await kubelet.cri.call('removePodSandbox', { podSandboxId: sandbox.id });
  }
}

/** The status to report now. */
export function statusOf(kubelet: Kubelet, pod: Pod, runtime: RuntimeStatus, terminal: boolean): PodStatus {
  const { env, config, statuses, probes } = kubelet;
  const uid = uidOf(pod);
  const apiStatus = isStatic(pod) ? kubelet.pods.mirrorOf(pod)?.status : pod.status;
  const generated = generateStatus({
    pod,
    old: mergeConditions(statuses.get(uid) ?? apiStatus ?? {}, apiStatus),
    runtime,
    nodeIp: config.nodeIp,
    now: env.now(),
    terminal,
    waitReason: (container) => kubelet.waitReasons.get(`${uid}_${container}`),
    terminationMessage: (container, status) => terminationMessage(kubelet, uid, container, status),
  });
  const status = withConditions(pod, probes.applyTo(pod, generated), runtime, env.now());
  return terminal ? kubelet.eviction.conclude(pod, status) : status;
}

/** Conditions that others own are the API's. */
function mergeConditions(own: PodStatus, api: PodStatus | undefined): PodStatus {
  const mine = own.conditions ?? [];
  const others = (api?.conditions ?? []).filter(({ type }) => !mine.some((condition) => condition.type === type));
  return { ...own, conditions: [...mine, ...others] };
}

function terminationMessage(kubelet: Kubelet, uid: string, container: Container, status: RuntimeContainer): string {
  if (status.message !== '') return status.message;
  const written = kubelet.env.disk.read(terminationLogPath(uid, container.name, restartCountOf(status))) ?? '';
  if (written !== '') return written.slice(-MESSAGE_BYTES);
  if (container.terminationMessagePolicy !== 'FallbackToLogsOnError' || status.exitCode === 0) return '';
  const lines = (kubelet.env.disk.read(`/var/log/containers/${status.id}.log`) ?? '').split('\n').slice(0, -1);
  return lines
    .slice(-80)
    .map((line) => `${line.replace(/^\S+ \S+ [FP] /, '')}\n`)
    .join('')
    .slice(-2048);
}
