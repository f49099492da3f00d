import type { Container, PodSandbox } from '../../api/cri.ts';
import { MINUTE, SECOND, type Env, type Micros } from '../../sim/env.ts';
import type { CriClient } from './cri-client.ts';
import { RuntimeFailure } from './cri-client.ts';
import { LABEL } from './format.ts';
import { emptyStatus, type RuntimeStatus } from './runtime-status.ts';

const RELIST_PERIOD: Micros = SECOND;
/** The kubelet is unhealthy when relisting has not worked for so long. */
export const RELIST_THRESHOLD: Micros = 3 * MINUTE;

interface Listed {
  readonly uid: string;
  name: string;
  namespace: string;
  readonly sandboxes: PodSandbox[];
  readonly containers: Container[];
}

interface Waiter {
  readonly uid: string;
  readonly after: Micros;
  resolve(status: RuntimeStatus): void;
}

/**
 * The pod lifecycle event generator: looks at the runtime every second, keeps what it saw and tells whose containers changed.
 * Models pkg/kubelet/pleg/generic.go and the pod cache.
 */
export class Pleg {
  readonly #env: Env;
  readonly #cri: CriClient;
  readonly #cache = new Map<string, RuntimeStatus>();
  readonly #signatures = new Map<string, string>();
  readonly #onChange: (uid: string) => void;
  #listedAt: Micros = -1;
  #lastSuccess: Micros | undefined;
  #waiters: Waiter[] = [];
  lastError: string | undefined;

  constructor(env: Env, cri: CriClient, onChange: (uid: string) => void) {
    this.#env = env;
    this.#cri = cri;
    this.#onChange = onChange;
  }

  start(): void {
    this.#env.spawn(async () => {
      for (;;) {
        await this.relist();
        await this.#env.sleep(RELIST_PERIOD);
      }
    });
  }

  get(uid: string): RuntimeStatus {
    return this.#cache.get(uid) ?? emptyStatus(uid);
  }

  /** All pods that the runtime knows. */
  pods(): readonly RuntimeStatus[] {
    return [...this.#cache.values()];
  }

  /** The status as of a look at the runtime that began after the given uptime. */
  newerThan(uid: string, after: Micros): Promise<RuntimeStatus> {
    if (this.#listedAt > after) return Promise.resolve(this.get(uid));
    const { promise, resolve } = this.#env.deferred<RuntimeStatus>();
    this.#waiters.push({ uid, after, resolve });
    return promise;
  }

  /** Why the kubelet cannot rely on it, if so. */
  health(): string | undefined {
    if (this.#lastSuccess === undefined)
      return this.#env.uptime() > RELIST_THRESHOLD ? 'PLEG is not healthy: pleg has yet to be successful' : undefined;
    const ago = this.#env.uptime() - this.#lastSuccess;
    if (ago <= RELIST_THRESHOLD) return undefined;
    const seconds = Math.floor(ago / SECOND);
    return `PLEG is not healthy: pleg was last seen active ${Math.floor(seconds / 60)}m${seconds % 60}s ago; threshold is 3m0s`;
  }

  get everListed(): boolean {
    return this.#lastSuccess !== undefined;
  }

  async relist(): Promise<void> {
    const began = this.#env.uptime();
    try {
      const { items } = await this.#cri.call('listPodSandbox', {});
      const { containers } = await this.#cri.call('listContainers', {});
      const changed = await this.#update(group(items, containers));
      this.#listedAt = began;
      this.#lastSuccess = this.#env.uptime();
      this.lastError = undefined;
      for (const uid of changed) this.#onChange(uid);
      this.#release();
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
      this.lastError = error.rpcText;
    }
  }

  async #update(listed: ReadonlyMap<string, Listed>): Promise<string[]> {
    const changed: string[] = [];
    for (const [uid, pod] of listed) {
      const signature = signatureOf(pod);
      if (this.#signatures.get(uid) === signature) continue;
      const status = await this.#inspect(pod);
      if (status === undefined) continue;
      this.#cache.set(uid, status);
      this.#signatures.set(uid, signature);
      changed.push(uid);
    }
    for (const uid of [...this.#cache.keys()]) {
      if (listed.has(uid)) continue;
      this.#cache.delete(uid);
      this.#signatures.delete(uid);
      changed.push(uid);
    }
    return changed;
  }

  /** Asks for the details of a pod's containers; undefined when one has gone meanwhile (the next look will see). */
  async #inspect(pod: Listed): Promise<RuntimeStatus | undefined> {
    const statuses = [];
    for (const container of pod.containers) {
      try {
        statuses.push((await this.#cri.call('containerStatus', { containerId: container.id })).status);
      } catch (error) {
        if (error instanceof RuntimeFailure && error.code === 'NotFound') return undefined;
        throw error;
      }
    }
    const newestFirst = (a: { readonly createdAt: number }, b: { readonly createdAt: number }): number =>
      b.createdAt - a.createdAt;
    return {
      uid: pod.uid,
      name: pod.name,
      namespace: pod.namespace,
      sandboxes: [...pod.sandboxes].sort(newestFirst),
      containers: statuses.sort((a, b) => b.metadata.attempt - a.metadata.attempt || b.createdAt - a.createdAt),
    };
  }

  #release(): void {
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) {
      if (this.#listedAt > waiter.after) waiter.resolve(this.get(waiter.uid));
      else this.#waiters.push(waiter);
    }
  }
}

function group(sandboxes: readonly PodSandbox[], containers: readonly Container[]): ReadonlyMap<string, Listed> {
  const pods = new Map<string, Listed>();
  const podOf = (uid: string): Listed => {
    const pod = pods.get(uid) ?? { uid, name: '', namespace: '', sandboxes: [], containers: [] };
    pods.set(uid, pod);
    return pod;
  };
  for (const sandbox of sandboxes) {
    const pod = podOf(sandbox.metadata.uid);
    pod.name = sandbox.metadata.name;
    pod.namespace = sandbox.metadata.namespace;
    pod.sandboxes.push(sandbox);
  }
  for (const container of containers) {
    const pod = podOf(container.labels[LABEL.uid] ?? '');
    pod.name = container.labels[LABEL.pod] ?? pod.name;
    pod.namespace = container.labels[LABEL.namespace] ?? pod.namespace;
    pod.containers.push(container);
  }
  return pods;
}

function signatureOf({ sandboxes, containers }: Listed): string {
  return [
    ...sandboxes.map(({ id, state }) => `${id}=${state}`),
    ...containers.map(({ id, state }) => `${id}=${state}`),
  ].join(',');
}
