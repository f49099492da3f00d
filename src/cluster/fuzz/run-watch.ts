import { isObject } from '../../lib/json.ts';
import { SECOND, type Micros } from '../../sim/env.ts';
import type { TraceEvent } from '../../sim/trace.ts';

/** Written for ever, whatever happens: heartbeats and what is told about the past. */
const HEARTBEATS = /^\/registry\/(leases|masterleases|events|minions)\/|^compact_rev_key$/;

const COLLECTS = /^garbage-collector-controller on \S+ deletes /;

/** Requests of a controller manager that are no part of its control loops: its lease, and what it tells of itself. */
const ACTS = /^(POST|PUT|PATCH|DELETE) \/apis?\/(?!.*\/(leases|events|tokenreviews|subjectaccessreviews)(\/|\?|$))/;
/** At rest there are none: many are as telling as all. */
const MOST_REQUESTS = 20;

/** What the final checks need beyond the view: when which key was written, and the tables of every host. */
export class RunWatch {
  /** The last write of every key that is no heartbeat. */
  readonly #written = new Map<string, Micros>();
  readonly #renewed = new Map<string, Micros>();
  readonly #tables = new Map<string, unknown>();
  /** Deletes that the garbage collector has asked for. */
  collected = 0;
  /** Of late the controller managers asked for these writes, whether or not they changed anything. */
  readonly #requests: { readonly at: Micros; readonly text: string }[] = [];
  readonly #managers = new Set<string>();
  readonly #acquired = new Map<string, Micros>();
  #revision = 0;

  fold(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (event.kind === 'cause' && COLLECTS.test(event.text)) this.collected++;
      if (event.kind === 'process' && event.state === 'started' && event.program === 'kube-controller-manager')
        this.#managers.add(event.process);
      if (event.kind === 'packet') this.#packet(event);
      if (event.kind === 'note' && event.note.type === 'lease' && event.note.state === 'acquired')
        this.#acquired.set(event.note.lease, event.at);
      if (event.kind === 'tables') this.#tables.set(event.host, event.tables);
      if (event.kind !== 'note' || event.note.type !== 'etcd.apply' || event.note.revision <= this.#revision) continue;
      this.#revision = event.note.revision;
      for (const { key } of event.note.changes) {
        if (key.startsWith('/registry/leases/kube-system/')) this.#renewed.set(key, event.at);
        if (!HEARTBEATS.test(key)) this.#written.set(key, event.at);
      }
    }
  }

  #packet({ at, from, label }: TraceEvent & { readonly kind: 'packet' }): void {
    if (label?.shape !== 'request' || !this.#managers.has(from) || !ACTS.test(label.text)) return;
    this.#requests.push({ at, text: `${from} ${label.text}` });
    if (this.#requests.length > MOST_REQUESTS) this.#requests.shift();
  }

  /** Writes that controllers have asked for since then, some of the last ones. */
  requestedSince(at: Micros): string[] {
    return this.#requests.filter((request) => request.at > at).map(({ text }) => text);
  }

  /** Whether anybody has begun to lead since then: `kube-system/kube-scheduler`. */
  acquiredSince(lease: string, at: Micros): boolean {
    return (this.#acquired.get(lease) ?? -1) > at;
  }

  /** Keys written since then. */
  writtenSince(at: Micros): string[] {
    return [...this.#written].filter(([, when]) => when > at).map(([key]) => key);
  }

  leaseHeld(lease: string, now: Micros): boolean {
    return (this.#renewed.get(`/registry/leases/kube-system/${lease}`) ?? -1) > now - 15 * SECOND;
  }

  /** `ip:port` of every DNAT to a pod, by host. */
  targets(): ReadonlyMap<string, ReadonlySet<string>> {
    const found = new Map<string, Set<string>>();
    for (const [host, tables] of this.#tables) {
      const targets = new Set<string>();
      collect(tables, targets);
      if (targets.size > 0) found.set(host, targets);
    }
    return found;
  }
}

function collect(value: unknown, into: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, into);
  if (!isObject(value)) return;
  const { kind, to } = value;
  if (kind === 'dnat' && typeof to === 'string' && to.startsWith('10.244.')) into.add(to);
  for (const item of Object.values(value)) collect(item, into);
}
