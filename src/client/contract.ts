import type { KubeObject } from '../api/types.gen.ts';
import type { Cancel, Env, Micros } from '../sim/env.ts';
import type { Client, ListOptions } from './client.ts';
import type { Resource } from './resources.ts';

/** `namespace/name`, or `name` for what has no namespace. */
export type Key = string;

/** A program's cache of one kind: list, then watch, for ever (Models client-go/tools/cache). Read synchronously; objects are frozen by convention. */
export interface Informer<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly synced: boolean;
  /** The last resourceVersion seen: what this program believes of the kind. */
  readonly resourceVersion: string;
  get(key: Key): T | undefined;
  /** In key order. */
  list(filter?: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> }): readonly T[];
  /** Objects whose index function returned `value`. */
  byIndex(index: string, value: string): readonly T[];
  addIndex(index: string, of: (object: T) => readonly string[]): void;
  /** Called after the cache changed, with the cause of the write as ambient cause. `old` undefined: added; `object` undefined: deleted. Late handlers get the cache's content as adds. */
  onChange(handler: (object: T | undefined, old: T | undefined) => void): Cancel;
  start(): void;
  /** Runs `then` once the first list is in the cache; at once when it is already. */
  whenSynced(then: () => void): void;
}
/** create-informer.ts */
export type CreateInformer = <T extends KubeObject>(
  env: Env,
  client: Client,
  resource: Resource<T>,
  options?: Pick<ListOptions, 'namespace' | 'fieldSelector' | 'labelSelector'>,
) => Informer<T>;

/** One informer per resource for all who ask within one program. informers.ts: `createInformers(env, client)`. */
export interface Informers {
  for<T extends KubeObject>(resource: Resource<T>): Informer<T>;
  start(): void;
  /** Runs `then` once every informer asked for so far is synced. */
  whenSynced(then: () => void): void;
}

/** Models client-go/util/workqueue: a key is worked on by one at a time; adds during work run it again; failures back off 5 ms·2^n up to 1000 s. work-queue.ts */
export interface WorkQueue {
  /** The ambient cause at the first add goes with the key. */
  add(key: Key): void;
  addAfter(key: Key, delay: Micros): void;
  readonly length: number;
}
export type CreateWorkQueue = (
  env: Env,
  options: { readonly name: string; readonly workers: number; readonly work: (key: Key) => Promise<void> | void },
) => WorkQueue;

/** leader-election.ts (Models client-go/tools/leaderelection): judged by when a renewal was *observed*, never by comparing clocks. 15 s / 10 s / 2 s. */
export interface LeaderElectionOptions {
  readonly lease: string;
  readonly namespace: string;
  readonly identity: string;
  readonly leaseDuration?: Micros;
  readonly renewDeadline?: Micros;
  readonly retryPeriod?: Micros;
  onStartedLeading(): void;
  /** kube-scheduler and kube-controller-manager exit here, as upstream ("leaderelection lost"), and are restarted by the kubelet. */
  onStoppedLeading(): void;
  onNewLeader?(identity: string): void;
  /** Records "… became leader" about the Lease. */
  readonly recorder?: EventRecorder;
}
export type RunLeaderElection = (env: Env, client: Client, options: LeaderElectionOptions) => void;

/** events.ts (Models client-go/tools/record): aggregation and count as upstream; a lost event is lost. */
export interface EventRecorder {
  event(about: KubeObject | ObjectRef, type: 'Normal' | 'Warning', reason: string, message: string): void;
}
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly fieldPath?: string;
  readonly resourceVersion?: string;
}
export type CreateEventRecorder = (
  env: Env,
  client: Client,
  source: { readonly component: string; readonly host?: string },
) => EventRecorder;

/** rest-client.ts: a Client over the simulated HTTP to `servers` in turn (the balancer, or 127.0.0.1:6443). User agent = component name; the `user` header X-Remote-User stands for the client certificate. */
export interface RestClientOptions {
  readonly servers: readonly string[];
  /** system:kube-scheduler, system:node:worker-1, kubernetes-admin … */
  readonly user: string;
  readonly groups?: readonly string[];
  /** Default: derived from `user` (system:kube-scheduler → kube-scheduler, system:node:… → kubelet, others → kubectl). */
  readonly userAgent?: string;
  /** Per request, µs; default 32 s. */
  readonly timeout?: Micros;
  /** client-side rate limit, as upstream's QPS/burst; absent: none. */
  readonly qps?: number;
  readonly burst?: number;
}
/** Its connections are its own: a command that ends closes them. */
export interface RestClient extends Client {
  /** Over the same connections as somebody else. */
  as(user: string, groups: readonly string[]): RestClient;
  close(): void;
}
export type CreateRestClient = (env: Env, options: RestClientOptions) => RestClient;
