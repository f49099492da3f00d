import type { KubeObject, Status } from '../api/types.gen.ts';
import type { Micros } from '../sim/env.ts';
import type { HttpResponse, HttpStream, RequestInit, StreamHandlers } from '../sim/http.ts';
import type { Resource } from './resources.ts';

/** The API said no, in its own words. Reasons: NotFound, AlreadyExists, Conflict, Invalid, Expired … */
export { ApiError } from '../api/status.ts';

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly limit?: number;
  readonly continue?: string;
}
export interface ObjectList<T> {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly T[];
}
export interface WriteOptions {
  readonly subresource?: string;
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
}
export interface DeleteObjectOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly dryRun?: boolean;
}
export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

export interface WatchHandlers<T> {
  /** `cause`: id of what led to the write, if the server passed it on (watch event field `cause`, kept out of the object). */
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: T, cause?: string): void;
  /** The watch ended: by the server in order (undefined), with an API error (Expired …) or because the connection broke. */
  end(error?: Error): void;
}

/** kube-apiserver as a program sees it. Rejections: ApiError (it answered) or RpcFailure (the world failed; definite or not). */
export interface Client {
  get<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string): Promise<T>;
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<ObjectList<T>>;
  watch<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions & {
      readonly allowBookmarks?: boolean;
      readonly sendInitialEvents?: boolean;
      readonly timeoutSeconds?: number;
    },
    handlers: WatchHandlers<T>,
  ): () => void;
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  update<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace: string | undefined,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions & { readonly force?: boolean },
  ): Promise<T>;
  delete(
    resource: Resource,
    name: string,
    namespace?: string,
    options?: DeleteObjectOptions,
  ): Promise<KubeObject | Status>;
  /** POST to a sub-resource with its own body kind: pods/binding, pods/eviction, serviceaccounts/token. */
  createSubresource(
    resource: Resource,
    name: string,
    namespace: string | undefined,
    subresource: string,
    body: unknown,
  ): Promise<unknown>;
  /** Anything else, undecoded. */
  raw(request: RequestInit, options?: { readonly timeout?: Micros }): Promise<HttpResponse>;
  rawStream(request: RequestInit, handlers: StreamHandlers): HttpStream;
}
