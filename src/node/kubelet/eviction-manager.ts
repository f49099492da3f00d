import type { Pod, PodStatus } from '../../api/types.gen.ts';
import { quantityValue } from '../../api/quantity.ts';
import { sortBy } from '../../lib/order.ts';
import { formatTime } from '../../lib/time.ts';
import { MINUTE, SECOND, type Env, type Micros } from '../../sim/env.ts';
import type { Rejection } from './admission.ts';
import { nodeRefOf, type Kubelet } from './context.ts';
import { LABEL, isMirror, isStatic, podRef, uidOf } from './format.ts';
import type { PodWorkers } from './pod-workers.ts';

/** How often the thresholds are looked at: evictionMonitoringPeriod. */
const PERIOD: Micros = 10 * SECOND;
/** A node condition outlives its cause by this: evictionPressureTransitionPeriod. */
const TRANSITION: Micros = 5 * MINUTE;
/** Of the file system, in per cent: evictionHard's nodefs.available. */
const NODEFS_AVAILABLE = 10;
const IMMEDIATE_GRACE = 1;
const SYSTEM_CRITICAL = 2_000_000_000;
const BLOCK = 4_096;

/** Frees the node's disk of pods, one at a time. Models pkg/kubelet/eviction, for nodefs.available. */
export class EvictionManager {
  readonly #env: Env;
  /** What is told of pods that were evicted, by uid. */
  readonly #evicted = new Map<string, string>();
  #metAt: Micros | undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  start(kubelet: Kubelet, workers: PodWorkers): void {
    this.#env.spawn(async () => {
      for (;;) {
        this.#synchronize(kubelet, workers);
        await this.#env.sleep(PERIOD);
      }
    });
  }

  get diskPressure(): boolean {
    return this.#metAt !== undefined && this.#env.uptime() - this.#metAt < TRANSITION;
  }

  /** A node under pressure takes only what it cannot do without. */
  admit(pod: Pod): Rejection | undefined {
    if (!this.diskPressure || isCritical(pod)) return undefined;
    return { reason: 'Evicted', message: 'The node had condition: [DiskPressure]. ' };
  }

  /** The last status of a pod, which tells of its eviction. */
  conclude(pod: Pod, status: PodStatus): PodStatus {
    const message = this.#evicted.get(uidOf(pod));
    if (message === undefined) return status;
    const conditions = (status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
    const target = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'TerminationByKubelet',
      message,
      lastTransitionTime: formatTime(this.#env.now()),
    } as const;
    return { ...status, phase: 'Failed', reason: 'Evicted', message, conditions: [...conditions, target] };
  }

  forget(uid: string): void {
    this.#evicted.delete(uid);
  }

  #synchronize(kubelet: Kubelet, workers: PodWorkers): void {
    if (!this.#env.disk.full) return;
    this.#metAt = this.#env.uptime();
    kubelet.recorder.event(
      nodeRefOf(kubelet),
      'Warning',
      'EvictionThresholdMet',
      'Attempting to reclaim ephemeral-storage',
    );
    const active = kubelet.pods
      .list()
      .filter((pod) => workers.get(uidOf(pod))?.stage === 'sync' && !isCritical(pod) && !isEnded(pod));
    // What uses more than it asked for goes first, then what matters less, then what uses most.
    const [victim] = sortBy(
      active,
      (pod) => (this.#usage(kubelet, pod) > requestOf(pod) ? 0 : 1),
      (pod) => pod.spec.priority ?? 0,
      (pod) => requestOf(pod) - this.#usage(kubelet, pod),
    );
    if (victim !== undefined) this.#evict(kubelet, workers, victim);
  }

  #evict(kubelet: Kubelet, workers: PodWorkers, pod: Pod): void {
    const threshold = Math.floor((quantityValue(kubelet.config.capacity.ephemeralStorage) * NODEFS_AVAILABLE) / 100);
    let message = `The node was low on resource: ephemeral-storage. Threshold quantity: ${threshold}, available: 0. `;
    for (const { name, used } of this.#containers(kubelet, pod)) {
      const container = pod.spec.containers.find((candidate) => candidate.name === name);
      const request = container?.resources?.requests?.['ephemeral-storage'] ?? '0';
      if (used > quantityValue(request))
        message += `Container ${name} was using ${used / 1024}Ki, request is ${request}, has larger consumption of ephemeral-storage. `;
    }
    this.#evicted.set(uidOf(pod), message);
    kubelet.recorder.event(podRef(pod), 'Warning', 'Evicted', message);
    workers.kill(uidOf(pod), IMMEDIATE_GRACE);
  }

  #usage(kubelet: Kubelet, pod: Pod): number {
    return this.#containers(kubelet, pod).reduce((sum, { used }) => sum + used, 0);
  }

  /** In whole blocks, and one for the directory. */
  #containers(kubelet: Kubelet, pod: Pod): readonly { readonly name: string; readonly used: number }[] {
    const { disk } = this.#env;
    return kubelet.pleg
      .get(uidOf(pod))
      .containers.filter(({ state }) => state === 'CONTAINER_RUNNING')
      .map(({ id, labels, metadata }) => {
        const log = disk.read(`/var/log/containers/${id}.log`)?.length ?? 0;
        return { name: labels[LABEL.container] ?? metadata.name, used: (1 + Math.ceil(log / BLOCK)) * BLOCK };
      });
  }
}

function requestOf(pod: Pod): number {
  return pod.spec.containers.reduce(
    (sum, { resources }) => sum + quantityValue(resources?.requests?.['ephemeral-storage'] ?? '0'),
    0,
  );
}

function isEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Models types.IsCriticalPod. */
function isCritical(pod: Pod): boolean {
  return isStatic(pod) || isMirror(pod) || (pod.spec.priority ?? 0) >= SYSTEM_CRITICAL;
}
