import type { KubeObject } from '../../api/types.gen.ts';
import { isObject } from '../../lib/json.ts';
import type { EtcdChange, TraceEvent } from '../../sim/trace.ts';

/** One key of a revision. */
export class CommittedChange {
  readonly key: string;
  readonly deleted: boolean;
  readonly created: boolean;
  readonly #value: string | undefined;
  #object: KubeObject | undefined;
  #parsed = false;

  constructor({ key, value, version }: EtcdChange) {
    this.key = key;
    this.deleted = value === undefined;
    this.created = value !== undefined && version === 1;
    this.#value = value;
  }

  /** undefined when it was deleted, or is no object of the API. Parsed when first asked for: most are not. */
  get object(): KubeObject | undefined {
    if (!this.#parsed) this.#object = parse(this.#value);
    this.#parsed = true;
    return this.#object;
  }
}

/** A revision of etcd, seen once, however many members apply it. */
export interface Commit {
  readonly revision: number;
  readonly changes: readonly CommittedChange[];
}

/** How many changes of a kind are remembered: a watch that lags further behind is not judged. */
const KEPT = 4_000;

/** Where the changes of one kind are in the history. */
interface KindHistory {
  /** The revision of each change, in order; once for every key that it touched. */
  revisions: number[];
  /** Everything after this revision is there. */
  since: number;
}

/** Folds the trace into the committed history. */
export class History {
  #revision = 0;
  readonly #kinds = new Map<string, KindHistory>();

  /** The revision that this record is the first to tell of. */
  next(event: TraceEvent): Commit | undefined {
    if (event.kind !== 'note' || event.note.type !== 'etcd.apply' || event.note.revision <= this.#revision)
      return undefined;
    const { revision, changes } = event.note;
    this.#revision = revision;
    for (const { key } of changes) this.#add(prefixOf(key), revision);
    return { revision, changes: changes.map((change) => new CommittedChange(change)) };
  }

  get revision(): number {
    return this.#revision;
  }

  #add(prefix: string, revision: number): void {
    const kind = this.#kinds.get(prefix) ?? { revisions: [], since: 0 };
    this.#kinds.set(prefix, kind);
    kind.revisions.push(revision);
    if (kind.revisions.length > 2 * KEPT) kind.since = kind.revisions.splice(0, KEPT).at(-1) ?? 0;
  }

  /** The revisions after `from`, up to and with `to`, that touched keys under the prefix; undefined: too long ago to tell. */
  between(prefix: string, from: number, to: number): readonly number[] | undefined {
    const kind = this.#kinds.get(prefix);
    if (kind === undefined) return [];
    if (from < kind.since) return undefined;
    let first = kind.revisions.length;
    while (first > 0 && (kind.revisions[first - 1] ?? 0) > from) first--;
    let end = kind.revisions.length;
    while (end > first && (kind.revisions[end - 1] ?? 0) > to) end--;
    return kind.revisions.slice(first, end);
  }
}

/** `/registry/pods/default/web` → `/registry/pods/`; of services and custom resources, two words more than `/registry/`. */
export function prefixOf(key: string): string {
  const words = key.split('/', 4);
  const [, root = '', first = '', second = ''] = words;
  return first === 'services' || first.includes('.') ? `/${root}/${first}/${second}/` : `/${root}/${first}/`;
}

function parse(value: string | undefined): KubeObject | undefined {
  if (value === undefined || !value.startsWith('{')) return undefined;
  const object: KubeObject = JSON.parse(value);
  return isObject(object.metadata) ? object : undefined;
}
