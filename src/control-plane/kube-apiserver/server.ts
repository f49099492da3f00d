import type { KubeObject } from '../../api/types.gen.ts';
import type { Kind } from '../../api/kind.ts';
import type { Env } from '../../sim/env.ts';
import type { CreateHttpClient, HttpClient } from '../../sim/http.ts';
import type { AdmissionPlugin } from './admission/admission.ts';
import type { AuditIds } from './audit-ids.ts';
import type { Authorizer } from './auth.ts';
import type { Rbac } from './auth/rbac.ts';
import type { StartHooks } from './start-hooks.ts';
import type { Admittance } from './flow-control/admittance.ts';
import type { FlowControl } from './flow-control/flow-control.ts';
import type { Options } from './options.ts';
import type { Rules } from './resources/rules.ts';
import type { EventLeases } from './storage/event-leases.ts';
import type { EtcdApi } from './storage/etcd-client.ts';
import type { Stored } from './storage/objects.ts';
import type { Store } from './storage/store.ts';
import type { WatchCache } from './storage/watch-cache.ts';
import type { PortAllocator } from './services/port-allocator.ts';
import type { IpAllocator } from './services/ip-allocator.ts';
import type { Deadlines } from './deadlines.ts';

/** One resource as it is served: a kind, where it is kept, and what is special about it. */
export interface ServedResource {
  readonly kind: Kind;
  readonly rules: Rules;
  readonly cache: WatchCache;
  /** From the stored version to the served one, and back. */
  toServed(stored: Stored): KubeObject;
  toStored(object: KubeObject): KubeObject;
}

/** What every handler works with. Holds nothing that etcd does not: a restart loses nothing. */
export interface Server {
  readonly env: Env;
  readonly options: Options;
  readonly etcd: EtcdApi;
  readonly store: Store;
  readonly resources: readonly ServedResource[];
  readonly authorizer: Authorizer;
  readonly rbac: Rbac;
  readonly flowControl: FlowControl;
  readonly admittance: Admittance;
  readonly auditIds: AuditIds;
  readonly admission: readonly AdmissionPlugin[];
  readonly deadlines: Deadlines;
  readonly eventLeases: EventLeases;
  readonly serviceIps: IpAllocator;
  readonly nodePorts: PortAllocator;
  readonly createHttpClient: CreateHttpClient;
  /** Connections to kubelets, by address. */
  readonly kubelets: Map<string, HttpClient>;
  readonly startHooks: StartHooks;
  resource(group: string, version: string, plural: string): ServedResource | undefined;
  /** The resource that holds the stored form of this kind. */
  storage(kind: Kind): ServedResource;
}
