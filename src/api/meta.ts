import type { Json, JsonObject } from '../lib/json.ts';
import type { ListMeta, ObjectMeta } from './types.gen.ts';

/** RFC 3339 with seconds: `2026-11-22T13:21:48Z`. */
export type Time = string;
/** RFC 3339 with microseconds: `2026-11-22T13:21:48.000000Z`. */
export type MicroTime = string;
/** An amount such as `100m` or `64Mi`; see quantity.ts. */
export type Quantity = string;
/** A number, a percentage or a port's name. */
export type IntOrString = number | string;

/** What every stored object has. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface KubeList<T extends KubeObject = KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ListMeta;
  readonly items: readonly T[];
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** One event of a watch stream; ERROR carries a Status. */
export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

export interface WatchEvent<T = KubeObject> {
  readonly type: WatchEventType;
  readonly object: T;
}

export interface TableColumnDefinition {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format: string;
  readonly description: string;
  /** 0 is shown always, more only with `-o wide`. */
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly Json[];
  readonly object?: JsonObject;
}

export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: ListMeta;
  readonly columnDefinitions?: readonly TableColumnDefinition[];
  readonly rows: readonly TableRow[];
}

export interface PartialObjectMetadata {
  readonly kind: 'PartialObjectMetadata';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: ObjectMeta;
}
