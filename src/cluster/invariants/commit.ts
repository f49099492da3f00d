import type { KubeObject } from '../../api/types.gen.ts';
import { isObject } from '../../lib/json.ts';
import type { TraceEvent } from '../../sim/trace.ts';

/** One key of a revision. `object`: undefined when it was deleted, or is no object of the API. */
export interface CommittedChange {
  readonly key: string;
  readonly deleted: boolean;
  readonly created: boolean;
  readonly object: KubeObject | undefined;
}

/** A revision of etcd, seen once, however many members apply it. */
export interface Commit {
  readonly revision: number;
  readonly changes: readonly CommittedChange[];
}

/** Folds the trace into the committed history. */
export class Commits {
  #revision = 0;

  /** The revision that this record is the first to tell of. */
  next(event: TraceEvent): Commit | undefined {
    if (event.kind !== 'note' || event.note.type !== 'etcd.apply' || event.note.revision <= this.#revision)
      return undefined;
    this.#revision = event.note.revision;
    return {
      revision: event.note.revision,
      changes: event.note.changes.map(({ key, value, version }) => ({
        key,
        deleted: value === undefined,
        created: value !== undefined && version === 1,
        object: value === undefined ? undefined : parse(value),
      })),
    };
  }
}

function parse(value: string): KubeObject | undefined {
  if (!value.startsWith('{')) return undefined;
  const object: KubeObject = JSON.parse(value);
  return isObject(object.metadata) ? object : undefined;
}
