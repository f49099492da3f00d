import type { KubeObject } from '../../../api/types.gen.ts';
import type { User } from '../auth.ts';
import type { ServedResource, Server } from '../server.ts';

/** Something reserved for a write: kept when the write succeeds, given back when it fails. */
export interface Reservation {
  readonly object: KubeObject;
  commit(): void;
  revert(): Promise<void> | void;
}

/** How a kind is kept, beside what src/api/strategy says of its objects. Models what pkg/registry adds to the generic registry. */
export interface Rules {
  /** An update may leave out resourceVersion. */
  readonly unconditionalUpdate: boolean;
  /** Deletion answers the object instead of a Status. */
  readonly returnsDeleted: boolean;
  /** Takes part in garbage collection: its deletion may orphan or wait for dependents. */
  readonly garbageCollected: boolean;
  /** Writes the time of creation, or who made it, where a new object tells that. */
  stamp?(object: KubeObject, now: string, user: User): KubeObject;
  /** Whether the user may write such an object, besides writing one at all. Throws ApiError when not. `old` is absent at creation. */
  authorize?(server: Server, resource: ServedResource, user: User, object: KubeObject, old?: KubeObject): void;
  /** As `stamp`, for what an update adds. */
  stampUpdate?(next: KubeObject, current: KubeObject, now: string): KubeObject;
  /** Seconds that the object's keeper gets; absent: the kind is not deleted gracefully. */
  gracePeriod?(object: KubeObject, asked: number | undefined): number;
  /** An update that leaves nothing to wait for may delete the object. */
  mayDeleteDuringUpdate?(next: KubeObject): boolean;
  reserveForCreate?(server: Server, object: KubeObject, dryRun: boolean): Promise<Reservation>;
  reserveForUpdate?(server: Server, next: KubeObject, current: KubeObject, dryRun: boolean): Promise<Reservation>;
  afterDelete?(server: Server, object: KubeObject): Promise<void>;
}

export const DEFAULT_RULES: Rules = { unconditionalUpdate: true, returnsDeleted: false, garbageCollected: true };
