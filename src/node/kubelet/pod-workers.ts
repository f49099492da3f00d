import type { Pod } from '../../api/types.gen.ts';
import { MINUTE, SECOND, type Cancel, type Env, type Micros } from '../../sim/env.ts';
import { isStatic, uidOf } from './format.ts';
import type { SyncResult } from './run-pod.ts';
import type { RuntimeStatus } from './runtime-status.ts';

/** What the workers do for a pod in each phase of its life. */
export interface PodHandlers {
  /** Makes the pod run. `terminal`: it has come to its end by itself. */
  sync(pod: Pod, status: RuntimeStatus, worker: PodWorker): Promise<SyncResult & { readonly terminal: boolean }>;
  /** Stops everything of the pod. */
  terminate(pod: Pod, status: RuntimeStatus, grace: number | undefined): Promise<void>;
  /** Cleans up behind a pod that has stopped. */
  terminated(pod: Pod, status: RuntimeStatus): Promise<void>;
  /** Stops what the runtime still has of a pod that nobody knows. */
  terminateOrphan(status: RuntimeStatus): Promise<void>;
  runtimeStatus(uid: string, newerThan: Micros): Promise<RuntimeStatus>;
}

type Stage = 'sync' | 'terminating' | 'terminated' | 'finished';

export interface PodWorker {
  readonly uid: string;
  pod: Pod | undefined;
  stage: Stage;
  grace: number | undefined;
  working: boolean;
  pending: boolean;
  /** Uptime when the last sync had ended: the next one needs a look at the runtime that began later, and so shows what it did. */
  lastSync: Micros;
  timer: Cancel | undefined;
  /** Wakes the worker when activeDeadlineSeconds are over. */
  deadline: Cancel | undefined;
  cause: string | undefined;
  wake(): void;
}

/** Every pod is synced anew after this long, by chance up to half as long again. */
const RESYNC: Micros = MINUTE;
const ERROR_BACKOFF: Micros = 10 * SECOND;
const NETWORK_BACKOFF: Micros = SECOND;

/** One task per pod, which brings it from start to end in order. Models pkg/kubelet/pod_workers.go. */
export class PodWorkers {
  readonly #env: Env;
  readonly #handlers: PodHandlers;
  readonly #workers = new Map<string, PodWorker>();

  constructor(env: Env, handlers: PodHandlers) {
    this.#env = env;
    this.#handlers = handlers;
  }

  get(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  all(): readonly PodWorker[] {
    return [...this.#workers.values()];
  }

  /** Whether containers of the pod may run: it is known here and has not ended. */
  couldHaveRunningContainers(uid: string): boolean {
    const worker = this.#workers.get(uid);
    return worker !== undefined && (worker.stage === 'sync' || worker.stage === 'terminating');
  }

  isTerminating(uid: string): boolean {
    const worker = this.#workers.get(uid);
    return worker !== undefined && worker.stage !== 'sync';
  }

  /** The pod is new or has changed, or there is a reason to look at it. */
  update(pod: Pod): void {
    const uid = uidOf(pod);
    const worker = this.#workers.get(uid) ?? this.#add(uid);
    if (worker.stage === 'finished' && isStatic(pod) && pod !== worker.pod) {
      this.#workers.delete(uid);
      return this.update(pod);
    }
    worker.pod = pod;
    worker.cause = this.#env.cause();
    if (worker.stage === 'sync' && pod.metadata.deletionTimestamp !== undefined)
      this.#toTerminating(worker, pod.metadata.deletionGracePeriodSeconds);
    else if (
      worker.stage === 'sync' &&
      (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') &&
      !isStatic(pod)
    )
      this.#toTerminating(worker, undefined);
    else if (worker.stage === 'terminating' && pod.metadata.deletionTimestamp !== undefined)
      worker.grace = Math.min(worker.grace ?? Infinity, pod.metadata.deletionGracePeriodSeconds ?? 30);
    this.wake(uid);
  }

  /** Ends a pod: removed from its source, evicted, over its deadline. */
  kill(uid: string, grace?: number): void {
    const worker = this.#workers.get(uid);
    if (worker === undefined || worker.stage !== 'sync') return;
    this.#toTerminating(worker, grace);
    this.wake(uid);
  }

  /** Something runs that belongs to no known pod. */
  killOrphan(status: RuntimeStatus): void {
    if (this.#workers.has(status.uid)) return;
    const worker = this.#add(status.uid);
    worker.stage = 'terminating';
    this.wake(status.uid);
  }

  wake(uid: string): void {
    const worker = this.#workers.get(uid);
    if (worker === undefined || worker.stage === 'finished') return;
    worker.timer?.();
    worker.timer = undefined;
    worker.pending = true;
    if (worker.working) return;
    worker.working = true;
    this.#env.spawn(() => this.#run(worker));
  }

  forget(uid: string): void {
    const worker = this.#workers.get(uid);
    worker?.timer?.();
    worker?.deadline?.();
    this.#workers.delete(uid);
  }

  #add(uid: string): PodWorker {
    const worker: PodWorker = {
      uid,
      pod: undefined,
      stage: 'sync',
      grace: undefined,
      working: false,
      pending: false,
      lastSync: -1,
      timer: undefined,
      deadline: undefined,
      cause: this.#env.cause(),
      wake: () => this.wake(uid),
    };
    this.#workers.set(uid, worker);
    return worker;
  }

  #toTerminating(worker: PodWorker, grace: number | undefined): void {
    worker.stage = 'terminating';
    worker.grace = grace === undefined ? undefined : Math.max(1, grace);
  }

  async #run(worker: PodWorker): Promise<void> {
    while (worker.pending && worker.stage !== 'finished') {
      worker.pending = false;
      const status = await this.#handlers.runtimeStatus(worker.uid, worker.lastSync);
      await this.#step(worker, status);
      worker.lastSync = this.#env.uptime();
    }
    worker.working = false;
  }

  async #step(worker: PodWorker, status: RuntimeStatus): Promise<void> {
    const { pod, stage } = worker;
    try {
      if (stage === 'terminating') {
        if (pod === undefined) await this.#handlers.terminateOrphan(status);
        else await this.#handlers.terminate(pod, status, worker.grace);
        worker.stage = pod === undefined ? 'finished' : 'terminated';
        if (pod === undefined) this.#workers.delete(worker.uid);
        worker.pending = true;
      } else if (stage === 'terminated' && pod !== undefined) {
        await this.#handlers.terminated(pod, status);
        worker.stage = 'finished';
      } else if (pod !== undefined) {
        this.#afterSync(worker, await this.#env.because(worker.cause, () => this.#handlers.sync(pod, status, worker)));
      }
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'RuntimeFailure') throw error;
      this.#wakeAfter(worker, jitter(this.#env, ERROR_BACKOFF));
    }
  }

  #afterSync(worker: PodWorker, result: SyncResult & { readonly terminal: boolean }): void {
    if (worker.stage !== 'sync') {
      worker.pending = true;
      return;
    }
    if (result.terminal) {
      this.#toTerminating(worker, undefined);
      worker.pending = true;
      return;
    }
    if (result.retryAt !== undefined) {
      const left = Math.max(SECOND, result.retryAt - this.#env.now());
      this.#wakeAfter(worker, Math.min(left, jitter(this.#env, ERROR_BACKOFF)));
    } else if (result.error === undefined) this.#wakeAfter(worker, jitter(this.#env, RESYNC));
    else if (result.error.includes('network is not ready')) this.#wakeAfter(worker, jitter(this.#env, NETWORK_BACKOFF));
    else this.#wakeAfter(worker, jitter(this.#env, ERROR_BACKOFF));
  }

  #wakeAfter(worker: PodWorker, delay: Micros): void {
    worker.timer?.();
    worker.timer = this.#env.after(delay, () => {
      worker.timer = undefined;
      this.wake(worker.uid);
    });
  }
}

function jitter(env: Env, delay: Micros): Micros {
  return delay + env.random.below(Math.floor(delay / 2));
}
