import type { Node, Pod } from '../../api/types.gen.ts';
import { Heap } from '../../lib/heap.ts';
import type { Micros } from '../../sim/env.ts';
import { uidOf } from './cache.ts';
import type { ClusterEvent, SchedulerPlugin } from './framework.ts';

export interface QueuedPod {
  readonly pod: Pod;
  /** When it first came in: earlier pods of one priority go first. */
  readonly since: Micros;
  readonly order: number;
  /** Attempts that found no node; decides the back-off. */
  readonly attempts: number;
  /** Cause of the pod's last change, for the writes that scheduling leads to. */
  readonly cause: string | undefined;
  /** Plugins that rejected it; empty: there was no node. */
  readonly guilty: readonly SchedulerPlugin[];
}

const INITIAL_BACKOFF: Micros = 1_000_000;
const MAX_BACKOFF: Micros = 10_000_000;
/** A pod that nothing woke is tried again after this. */
const UNSCHEDULABLE_TIMEOUT: Micros = 300_000_000;

const byPriority = (a: QueuedPod, b: QueuedPod) =>
  (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0) || a.since - b.since || a.order - b.order;

/** activeQ, backoffQ and the unschedulable pods (Models pkg/scheduler/backend/queue). */
export class SchedulingQueue {
  readonly #active = new Heap<QueuedPod>(byPriority);
  readonly #waiting = new Map<
    string,
    { readonly entry: QueuedPod; readonly failedAt: Micros; readonly inBackoff: boolean }
  >();
  readonly #members = new Map<string, QueuedPod>();
  #counter = 0;

  get activeSize(): number {
    return this.#active.size;
  }

  add(pod: Pod, now: Micros, cause: string | undefined): void {
    const known = this.#members.get(uidOf(pod));
    if (known !== undefined) return this.update(pod, now, cause);
    this.#activate({ pod, since: now, order: this.#counter++, attempts: 0, cause, guilty: [] });
  }

  /** A changed pod is tried again at once if it was waiting (its own change may have made it fit). */
  update(pod: Pod, now: Micros, cause: string | undefined): void {
    const uid = uidOf(pod);
    const known = this.#members.get(uid);
    if (known === undefined) return this.add(pod, now, cause);
    const entry = { ...known, pod, cause };
    this.#members.set(uid, entry);
    const waiting = this.#waiting.get(uid);
    if (waiting !== undefined) this.#waiting.set(uid, { ...waiting, entry });
  }

  remove(pod: Pod): void {
    const uid = uidOf(pod);
    this.#members.delete(uid);
    this.#waiting.delete(uid);
  }

  pop(): QueuedPod | undefined {
    for (let next = this.#active.pop(); next !== undefined; next = this.#active.pop()) {
      const current = this.#members.get(uidOf(next.pod));
      if (current === undefined || current.order !== next.order) continue;
      this.#members.delete(uidOf(next.pod));
      return current;
    }
    return undefined;
  }

  /** Puts back a pod that no node fitted; it waits for one of the events that could change that. */
  reject(entry: QueuedPod, guilty: readonly SchedulerPlugin[], now: Micros): void {
    const again = { ...entry, attempts: entry.attempts + 1, guilty };
    this.#members.set(uidOf(entry.pod), again);
    this.#waiting.set(uidOf(entry.pod), { entry: again, failedAt: now, inBackoff: false });
  }

  /** Puts back a pod whose binding failed: no event is needed, only time. */
  retry(entry: QueuedPod, now: Micros): void {
    const again = { ...entry, attempts: entry.attempts + 1 };
    this.#members.set(uidOf(entry.pod), again);
    this.#waiting.set(uidOf(entry.pod), { entry: again, failedAt: now, inBackoff: true });
  }

  /** Something happened: pods that it may help leave for the back-off queue. */
  wake(event: ClusterEvent, changed: Node | Pod): void {
    for (const [uid, waiting] of this.#waiting) {
      if (!waiting.inBackoff && mayHelp(waiting.entry, event, changed))
        this.#waiting.set(uid, { ...waiting, inBackoff: true });
    }
  }

  /** Moves what has waited long enough to the active queue. */
  flush(now: Micros): void {
    for (const [uid, { entry, failedAt, inBackoff }] of [...this.#waiting]) {
      const due = failedAt + (inBackoff ? backoff(entry.attempts) : UNSCHEDULABLE_TIMEOUT);
      if (due > now) continue;
      this.#waiting.delete(uid);
      this.#activate(entry);
    }
  }

  #activate(entry: QueuedPod): void {
    this.#members.set(uidOf(entry.pod), entry);
    this.#active.push(entry);
  }
}

export function backoff(attempts: number): Micros {
  let duration = INITIAL_BACKOFF;
  for (let i = 1; i < attempts && duration < MAX_BACKOFF; i++) duration *= 2;
  return Math.min(duration, MAX_BACKOFF);
}

function mayHelp({ pod, guilty }: QueuedPod, event: ClusterEvent, changed: Node | Pod): boolean {
  if (guilty.length === 0) return event === 'Node/Add';
  return guilty.some((plugin) => plugin.wakesOn.includes(event) && (plugin.hint?.(pod, event, changed) ?? true));
}
