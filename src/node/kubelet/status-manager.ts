import type { Pod, PodStatus } from '../../api/types.gen.ts';
import type { Client } from '../../client/client.ts';
import { Pods } from '../../client/resources.ts';
import { deepEqual } from '../../lib/json.ts';
import { sameData } from './same.ts';
import { sortBy } from '../../lib/order.ts';
import { SECOND, type Env } from '../../sim/env.ts';
import { apiReason, isStatic, podPath, uidOf } from './format.ts';
import { KUBELET_CONDITIONS } from './pod-conditions.ts';
import type { PodStore } from './pod-store.ts';

interface Versioned {
  readonly pod: Pod;
  readonly status: PodStatus;
  readonly version: number;
  /** All its containers have ended and its volumes are gone: the object may go. */
  readonly finished: boolean;
  readonly cause: string | undefined;
}

/** How often statuses that could not be reported are tried again. */
const SYNC_PERIOD = 10 * SECOND;

/** Keeps what the kubelet knows of its pods and reports it. Models pkg/kubelet/status. */
export class StatusManager {
  readonly #env: Env;
  readonly #client: Client;
  readonly #pods: PodStore;
  readonly #statuses = new Map<string, Versioned>();
  readonly #reported = new Map<string, number>();
  readonly #queue = new Set<string>();
  #working = false;

  constructor(env: Env, client: Client, pods: PodStore) {
    this.#env = env;
    this.#client = client;
    this.#pods = pods;
  }

  start(): void {
    this.#env.spawn(async () => {
      for (;;) {
        await this.#env.sleep(SYNC_PERIOD);
        for (const [uid, known] of this.#statuses) if (this.#isStale(uid, known)) this.retry(uid);
        this.#work();
      }
    });
  }

  /** Not reported yet, or the API shows something else: others may have written it, as when the node seemed lost. */
  #isStale(uid: string, { pod, status, version }: Versioned): boolean {
    if (this.#reported.get(uid) !== version) return true;
    const seen = isStatic(pod) ? this.#pods.mirrorOf(pod) : this.#pods.byUid(uid);
    return seen !== undefined && statusPatch(seen.status ?? {}, status) !== undefined;
  }

  get(uid: string): PodStatus | undefined {
    return this.#statuses.get(uid)?.status;
  }

  set(pod: Pod, status: PodStatus): void {
    const uid = uidOf(pod);
    const before = this.#statuses.get(uid);
    if (
      before !== undefined &&
      deepEqual(before.status, status) &&
      before.pod.metadata.deletionTimestamp === pod.metadata.deletionTimestamp
    )
      return;
    this.#store(pod, status, before?.finished ?? false);
  }

  /** The pod has ended here for good. */
  finish(pod: Pod, status: PodStatus): void {
    this.#store(pod, status, true);
  }

  isFinished(uid: string): boolean {
    return this.#statuses.get(uid)?.finished ?? false;
  }

  /** A pod whose API object has changed or is to be deleted: looks again whether something is to report. */
  refresh(pod: Pod): void {
    const known = this.#statuses.get(uidOf(pod));
    if (known === undefined) return;
    if (known.finished && pod.metadata.deletionTimestamp !== undefined) this.#store(pod, known.status, true);
    else this.#statuses.set(uidOf(pod), { ...known, pod });
  }

  /** Something that kept a status from being reported has gone. */
  retry(uid: string): void {
    if (!this.#statuses.has(uid)) return;
    this.#reported.delete(uid);
    this.#queue.add(uid);
    this.#work();
  }

  forget(uid: string): void {
    this.#statuses.delete(uid);
    this.#reported.delete(uid);
    this.#queue.delete(uid);
  }

  #store(pod: Pod, status: PodStatus, finished: boolean): void {
    const uid = uidOf(pod);
    const version = (this.#statuses.get(uid)?.version ?? 0) + 1;
    this.#statuses.set(uid, { pod, status, version, finished, cause: this.#env.cause() });
    this.#queue.add(uid);
    this.#work();
  }

  #work(): void {
    if (this.#working) return;
    this.#working = true;
    this.#env.spawn(async () => {
      for (const uid of this.#queue) {
        this.#queue.delete(uid);
        await this.#sync(uid);
      }
      this.#working = false;
    });
  }

  async #sync(uid: string): Promise<void> {
    const known = this.#statuses.get(uid);
    if (known === undefined || this.#reported.get(uid) === known.version) return;
    const { pod, version, finished, cause } = known;
    const target = isStatic(pod) ? this.#pods.mirrorOf(pod) : pod;
    // A static pod's mirror may not exist yet.
    if (target === undefined) return;
    try {
      await this.#env.because(cause, () => this.#report(target, known));
      this.#reported.set(uid, version);
      const latest = isStatic(pod) ? target : (this.#pods.byUid(uid) ?? pod);
      if (finished && !isStatic(pod) && latest.metadata.deletionTimestamp !== undefined)
        await this.#deleteObject(latest);
    } catch (error) {
      // Told again at the next period; a pod that is gone needs no status.
      if (apiReason(error) === 'NotFound' || apiReason(error) === 'Conflict') this.#reported.set(uid, version);
    }
  }

  async #report(target: Pod, { status }: Versioned): Promise<void> {
    const { name, namespace, uid } = target.metadata;
    const current = await this.#client.get(Pods, name, namespace);
    if (current.metadata.uid !== uid) return;
    const patch = statusPatch(current.status ?? {}, status);
    if (patch === undefined) return;
    this.#env.step(`kubelet reported ${podPath(target)} ${status.phase ?? ''}`);
    await this.#client.patch(
      Pods,
      name,
      namespace,
      'application/strategic-merge-patch+json',
      { metadata: { uid }, status: patch },
      { subresource: 'status' },
    );
  }

  async #deleteObject(pod: Pod): Promise<void> {
    const { name, namespace } = pod.metadata;
    await this.#client.delete(Pods, name, namespace, { gracePeriodSeconds: 0, uid: uidOf(pod) });
  }
}

/** The strategic merge patch that makes one status the other; undefined when they are the same. Conditions of others stay. */
export function statusPatch(current: PodStatus, wanted: PodStatus): Readonly<Record<string, unknown>> | undefined {
  const patch: Record<string, unknown> = {};
  const before: Readonly<Record<string, unknown>> = { ...current };
  const after: Readonly<Record<string, unknown>> = { ...wanted };
  for (const key of OWNED) {
    if (sameData(before[key], after[key])) continue;
    if (key === 'podIPs' || key === 'hostIPs') patch[key] = addressPatch(current[key] ?? [], wanted[key] ?? []);
    else patch[key] = after[key] ?? null;
  }
  const conditions = (wanted.conditions ?? []).filter((condition) => {
    if (!KUBELET_CONDITIONS.includes(condition.type)) return false;
    return !sameData(
      condition,
      current.conditions?.find(({ type }) => type === condition.type),
    );
  });
  if (conditions.length > 0) {
    patch['conditions'] = conditions.map((condition) => {
      const old = current.conditions?.find(({ type }) => type === condition.type);
      const removed = (['reason', 'message'] as const).filter(
        (key) => old?.[key] !== undefined && condition[key] === undefined,
      );
      return { ...condition, ...Object.fromEntries(removed.map((key) => [key, null])) };
    });
    patch['$setElementOrder/conditions'] = sortBy(
      [...new Set([...(wanted.conditions ?? []), ...(current.conditions ?? [])].map(({ type }) => type))],
      (type) => (wanted.conditions ?? []).findIndex((condition) => condition.type === type) + 1 || 100,
    ).map((type) => ({ type }));
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function addressPatch(before: readonly { readonly ip: string }[], after: readonly { readonly ip: string }[]): unknown {
  const gone = before.filter(({ ip }) => !after.some((address) => address.ip === ip));
  return [...after, ...gone.map(({ ip }) => ({ ip, $patch: 'delete' }))];
}

const OWNED = [
  'observedGeneration',
  'phase',
  'reason',
  'message',
  'hostIP',
  'hostIPs',
  'podIP',
  'podIPs',
  'startTime',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
  'qosClass',
] as const;
