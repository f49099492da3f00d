import type { DeleteObjectOptions, PatchType } from '../../client/client.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder, Informers, Key, ObjectRef } from '../../client/contract.ts';
import type { ApiError } from '../../client/client.ts';
import type { Resource } from '../../client/resources.ts';
import type { KubeObject } from '../../api/types.gen.ts';
import type { Flags } from '../../lib/flags.ts';
import type { Env, Micros } from '../../sim/env.ts';
import type { Cache } from './cache.ts';

/** What kube-controller-manager starts once it leads. Most are made from a Controller by `controller()`. */
export interface ControllerProgram {
  /** As `--controllers` names it: `replicaset-controller`. */
  readonly name: string;
  start(context: ControllerContext): void;
}

export interface ControllerContext {
  readonly env: Env;
  readonly client: Client;
  readonly informers: Informers;
  readonly cache: Cache;
  readonly flags: Flags;
  recorder(component: string): EventRecorder;
}

/**
 * A control loop: for each key, what the cache says now leads to a plan of writes. `reconcile` is pure; what it must
 * know of the past (what was observed when) it keeps in its memory.
 */
export interface Controller<T extends KubeObject, M> {
  readonly name: string;
  /** Source of its events; default: its name. */
  readonly component?: string;
  /** The kind whose keys are worked on. Absent: one key, `''`, for everything. */
  readonly reconciles?: Resource<T>;
  /** Kinds whose objects lead to the key of their controller (of the reconciled kind). */
  readonly owns?: readonly Resource[];
  readonly watches?: readonly Watch[];
  /** Kinds that it reads without being woken by them. */
  readonly reads?: readonly Resource[];
  readonly workers?: number;
  reconcile(request: Request<T, M>): Plan<M>;
}

export interface Watch {
  readonly resource: Resource;
  /** The keys that a change concerns. `old` absent: added; `object` absent: deleted. */
  keys(object: KubeObject | undefined, old: KubeObject | undefined, cache: Cache): readonly Key[];
}

export interface Request<T, M> {
  readonly key: Key;
  /** Undefined when it is gone. */
  readonly object: T | undefined;
  readonly cache: Cache;
  readonly memory: M | undefined;
  /** This host's wall clock. */
  readonly now: Micros;
  /** Monotonic: for what was observed when. */
  readonly uptime: Micros;
  readonly flags: Flags;
}

export interface Plan<M = undefined> {
  /** Performed in order; the first refusal ends it and the key comes back after a back-off. */
  readonly writes: readonly Write[];
  /** Absent: forgotten. */
  readonly memory?: M;
  /** Look again after this long even if nothing changes. */
  readonly again?: Micros;
}

export type Write = (
  | { readonly do: 'create'; readonly resource: Resource; readonly object: KubeObject }
  | { readonly do: 'update'; readonly resource: Resource; readonly object: KubeObject; readonly subresource?: string }
  | {
      readonly do: 'patch';
      readonly resource: Resource;
      readonly name: string;
      readonly namespace?: string;
      readonly type: PatchType;
      readonly patch: unknown;
      readonly subresource?: string;
      /** Of an apply: who owns the fields, whoever owned them before. */
      readonly fieldManager?: string;
    }
  | {
      readonly do: 'delete';
      readonly resource: Resource;
      readonly name: string;
      readonly namespace?: string;
      readonly options?: DeleteObjectOptions;
    }
  | { readonly do: 'evict'; readonly name: string; readonly namespace: string; readonly options?: DeleteObjectOptions }
  | {
      readonly do: 'event';
      readonly about: KubeObject | ObjectRef;
      readonly type: 'Normal' | 'Warning';
      readonly reason: string;
      readonly message: string;
    }
  /** Side by side; with `slowStart` in batches of 1, 2, 4 … of which a failed one is the last. */
  | { readonly do: 'all'; readonly writes: readonly Write[]; readonly slowStart?: boolean }
) &
  Consequences;

export interface Consequences {
  /** What follows from the write, given what the API stored. */
  readonly done?: (stored: KubeObject) => readonly Write[];
  /** What is still written when the API refused, before the plan ends. */
  readonly refused?: (error: ApiError) => readonly Write[];
  /** Refusals that count as success. */
  readonly accepts?: (error: ApiError) => boolean;
}

/** A status write: metadata and status reach the API, the spec does not. */
export function updateStatus<T extends KubeObject>(resource: Resource<T>, object: T, more: Consequences = {}): Write {
  return { do: 'update', resource, object, subresource: 'status', ...more };
}

export function keyOf(object: KubeObject): Key {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

export function splitKey(key: Key): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: slash < 0 ? '' : key.slice(0, slash), name: key.slice(slash + 1) };
}

export const NOTHING: Plan = { writes: [] };
