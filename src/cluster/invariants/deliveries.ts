import { KINDS } from '../../api/kinds/index.ts';
import type { TraceEvent, WatchStep } from '../../sim/trace.ts';

/** One step of a watch: from what its client had seen to what it has seen now. */
export interface Delivery {
  /** Who watches what, for a message. */
  readonly who: string;
  /** The keys in etcd that it is about; undefined: not all of a kind, so that nothing can be missed for certain. */
  readonly prefix: string | undefined;
  readonly by: WatchStep;
  /** The revisions of the changes that came together. */
  readonly revisions: readonly number[];
  /** A revision's changes come in one message: so it is with etcd, while the API tells of objects one by one. */
  readonly atomic: boolean;
  /** The revision seen before; undefined: nothing yet. */
  readonly from: number | undefined;
  readonly to: number;
}

/** Where each watch stands: informers by what they note of their belief, API servers by what their caches take in. */
export class Deliveries {
  readonly #positions = new Map<string, Map<string, number>>();

  next(event: TraceEvent): Delivery | undefined {
    if (event.kind === 'process' && event.state !== 'paused' && event.state !== 'resumed')
      this.#positions.delete(event.process);
    if (event.kind === 'host' && event.state === 'off') this.#hostOff(event.host);
    if (event.kind !== 'note') return undefined;
    const { note, source } = event;
    if (note.type === 'belief') {
      const { resource, by, filter } = note;
      const to = Number(note.resourceVersion);
      const what = filter === undefined ? resource : `${resource} with ${filter}`;
      const prefix = filter === undefined ? PREFIXES.get(resource) : undefined;
      return this.#step(source, what, { prefix, by, to, revisions: by === 'event' ? [to] : [], atomic: false });
    }
    if (note.type !== 'cache') return undefined;
    const { prefix, by, revision, revisions } = note;
    return this.#step(source, prefix, { prefix, by, to: revision, revisions, atomic: true });
  }

  #step(source: string, what: string, step: Omit<Delivery, 'who' | 'from'>): Delivery {
    const mine = this.#positions.get(source) ?? new Map<string, number>();
    this.#positions.set(source, mine);
    const from = mine.get(what);
    mine.set(what, step.to);
    return { ...step, who: `${source} (${what})`, from };
  }

  #hostOff(host: string): void {
    for (const process of [...this.#positions.keys()])
      if (process.startsWith(`${host}/`)) this.#positions.delete(process);
  }
}

/** Resources by the name that a belief has. */
const PREFIXES = new Map(KINDS.map(({ plural, storagePrefix }) => [plural, storagePrefix]));
