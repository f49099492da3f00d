import type { Kind } from '../../api/kind.ts';
import type { Event, EventsV1Event, KubeObject } from '../../api/types.gen.ts';
import type { Env } from '../../sim/env.ts';
import type { CreateHttpClient } from '../../sim/http.ts';
import type { Options } from './options.ts';
import type { ServedResource, Server } from './server.ts';
import type { EtcdApi } from './storage/etcd-client.ts';
import { EVENT_V1, KINDS, POD } from '../../api/kinds/index.ts';
import { toCoreEvent, toEventsV1 } from '../../api/events.ts';
import { must } from '../../lib/assert.ts';
import { ADMISSION_PLUGINS } from './admission/index.ts';
import { AuditIds } from './audit-ids.ts';
import { createAuthorizer } from './auth/authorizer.ts';
import { Rbac } from './auth/rbac.ts';
import { Deadlines } from './deadlines.ts';
import { createAdmittance } from './flow-control/admittance.ts';
import { FlowControl } from './flow-control/flow-control.ts';
import { rulesOf } from './resources/index.ts';
import { asPod, nodeMark } from './resources/pod.ts';
import { IpAllocator } from './services/ip-allocator.ts';
import { PortAllocator } from './services/port-allocator.ts';
import { EventLeases } from './storage/event-leases.ts';
import { Store } from './storage/store.ts';
import { WatchCache } from './storage/watch-cache.ts';
import { WatchHub } from './storage/watch-hub.ts';
import { StartHooks } from './start-hooks.ts';

export function createServer(env: Env, etcd: EtcdApi, options: Options, createHttpClient: CreateHttpClient): Server {
  const hub = new WatchHub(env, etcd);
  const caches = new Map<string, WatchCache>();
  const cacheOf = ({ storagePrefix }: Kind): WatchCache => {
    let cache = caches.get(storagePrefix);
    if (cache === undefined) {
      const markOf = storagePrefix === POD.storagePrefix ? podMark : undefined;
      cache = new WatchCache(env, etcd, hub, storagePrefix, markOf);
      caches.set(storagePrefix, cache);
      cache.start();
    }
    return cache;
  };
  const resources = KINDS.map((kind) => served(kind, cacheOf(kind)));
  const byPath = new Map(
    resources.map((resource) => [pathKey(resource.kind.group, resource.kind.version, resource.kind.plural), resource]),
  );
  const rbac = new Rbac(cacheOf);
  const flowControl = new FlowControl(cacheOf);
  const deadlines = new Deadlines(env);
  return {
    env,
    options,
    etcd,
    store: new Store(etcd),
    resources,
    authorizer: createAuthorizer(options.authorizationModes, rbac, cacheOf),
    rbac,
    flowControl,
    admittance: createAdmittance(env, options, deadlines, flowControl),
    auditIds: new AuditIds(env),
    admission: ADMISSION_PLUGINS,
    deadlines,
    eventLeases: new EventLeases(env, etcd, options.eventTtlSeconds),
    serviceIps: new IpAllocator(env, etcd, options.serviceClusterIpRange),
    nodePorts: new PortAllocator(env, etcd, options.nodePorts),
    createHttpClient,
    kubelets: new Map(),
    startHooks: new StartHooks(env),
    resource: (group, version, plural) => byPath.get(pathKey(group, version, plural)),
    storage: (kind) => must(byPath.get(pathKey(kind.group, kind.version, kind.plural))),
  };
}

function podMark(pod: KubeObject): string {
  return nodeMark(asPod(pod).spec.nodeName ?? '');
}

function pathKey(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

function same<T>(object: T): T {
  return object;
}

/** An event is stored in the older of its two versions. */
function asNewer(stored: KubeObject): KubeObject {
  return stored.apiVersion === 'v1' ? toEventsV1(stored as Event) : stored;
}

function asCore(object: KubeObject): KubeObject {
  return object.apiVersion === 'v1' ? object : toCoreEvent(object as EventsV1Event);
}

function served(kind: Kind, cache: WatchCache): ServedResource {
  const newer = kind === EVENT_V1;
  return {
    kind,
    rules: rulesOf(kind),
    cache,
    toServed: newer ? asNewer : same,
    toStored: newer ? asCore : same,
  };
}
