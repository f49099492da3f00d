import { deepEqual } from '../../lib/json.ts';
import type { Mutable } from '../defaults/mutable.ts';
import type { KubeObject } from '../meta.ts';
import type { FieldErrors } from '../validation/field.ts';

/** What is particular to a kind when its objects are written; everything else is the same for all. */
export interface Strategy<T extends KubeObject = KubeObject> {
  /** Fills in what the body leaves out; works on the object given. */
  readonly setDefaults: (object: Mutable<T>) => void;
  readonly prepareForCreate?: (object: Mutable<T>) => void;
  readonly prepareForUpdate?: (next: Mutable<T>, old: T) => void;
  readonly validate: (object: T) => FieldErrors;
  readonly validateUpdate: (next: T, old: T) => FieldErrors;
  readonly prepareForStatusUpdate?: (next: Mutable<T>, old: T) => void;
  readonly validateStatusUpdate?: (next: T, old: T) => FieldErrors;
  /** Whether an update is one of what `metadata.generation` counts; the spec by default. */
  readonly bumpsGeneration?: (next: T, old: T) => boolean;
}

/** The registry holds strategies of all kinds together; each is only ever handed objects of its own kind. */
export function defineStrategy<T extends KubeObject>(strategy: Strategy<T>): Strategy {
  return strategy as unknown as Strategy;
}

export function specChanged(next: object, old: object): boolean {
  return !deepEqual((next as { spec?: unknown }).spec, (old as { spec?: unknown }).spec);
}
