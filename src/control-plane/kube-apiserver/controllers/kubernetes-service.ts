// Models controlplane/controller/kubernetesservice and reconcilers/lease.go: the default/kubernetes Service names the apiservers that are alive.
import type { Endpoints, EndpointSlice, KubeObject } from '../../../api/types.gen.ts';
import type { Server } from '../server.ts';
import { ENDPOINT_SLICE, ENDPOINTS, SERVICE } from '../../../api/kinds/index.ts';
import { ApiError, isNotFound } from '../../../api/status.ts';
import { deepEqual } from '../../../lib/json.ts';
import { sortedStrings } from '../../../lib/order.ts';
import { SECOND } from '../../../lib/time.ts';
import { createObject } from '../handlers/create.ts';
import { updateObject } from '../handlers/update.ts';
import { EtcdFailure } from '../storage/etcd-client.ts';
import { withMember } from '../storage/objects.ts';
import { rangeEndOf } from '../storage/range-end.ts';
import { complete, LOOPBACK } from './system-objects.ts';

const MASTERS = '/registry/masterleases/';
const LEASE_SECONDS = 15;
const INTERVAL = 10 * SECOND;
const NAMESPACE = 'default';
const NAME = 'kubernetes';

export function startKubernetesService(server: Server): void {
  const { env } = server;
  const tick = (): void => {
    env.spawn(async () => {
      try {
        await reconcile(server);
      } catch (error) {
        if (!(error instanceof ApiError) && !(error instanceof EtcdFailure)) throw error;
      }
      env.after(INTERVAL, tick);
    });
  };
  tick();
  // Upstream's hook only starts this: a first try that loses to another server does not keep this one from being ready.
  server.startHooks.done('bootstrap-controller');
}

async function reconcile(server: Server): Promise<void> {
  await ensureService(server);
  await renewLease(server);
  const ips = await livingMasters(server);
  if (ips.length === 0) return;
  await reconcileEndpoints(server, ips);
  await reconcileSlice(server, ips);
}

async function ensureService(server: Server): Promise<void> {
  const resource = server.storage(SERVICE);
  const key = `${SERVICE.storagePrefix}${NAMESPACE}/${NAME}`;
  if ((await server.store.get(key, resource.cache.get(key))) !== undefined) return;
  const service = {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: NAME, namespace: NAMESPACE, labels: { provider: 'kubernetes', component: 'apiserver' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: server.serviceIps.first,
      clusterIPs: [server.serviceIps.first],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: server.options.securePort }],
    },
  };
  await createObject(server, { ...LOOPBACK, warnings: [] }, resource, complete(SERVICE, service), false);
}

/** Says that this server is alive for another 15 s. */
async function renewLease(server: Server): Promise<void> {
  const { advertiseAddress } = server.options;
  const { id } = await server.etcd.leaseGrant({ ttl: LEASE_SECONDS });
  const value = JSON.stringify({
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: { name: NAME, namespace: NAMESPACE, generation: 1 },
    subsets: [{ addresses: [{ ip: advertiseAddress }] }],
  });
  await server.etcd.txn({
    compare: [],
    success: [{ put: { key: MASTERS + advertiseAddress, value, lease: id } }],
    failure: [],
  });
}

async function livingMasters(server: Server): Promise<readonly string[]> {
  const { kvs } = await server.etcd.range({ key: MASTERS, rangeEnd: rangeEndOf(MASTERS) });
  return sortedStrings(kvs.map(({ key }) => key.slice(MASTERS.length)));
}

const MIRROR_LABEL = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };

async function reconcileEndpoints(server: Server, ips: readonly string[]): Promise<void> {
  const subsets = [
    {
      addresses: ips.map((ip) => ({ ip })),
      ports: [{ name: 'https', port: server.options.securePort, protocol: 'TCP' }],
    },
  ];
  const wanted = {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: { name: NAME, namespace: NAMESPACE, labels: MIRROR_LABEL },
    subsets,
  };
  const current = server.storage(ENDPOINTS).cache.get(`${ENDPOINTS.storagePrefix}${NAMESPACE}/${NAME}`);
  if (current !== undefined && deepEqual((current as Endpoints).subsets, subsets)) return;
  await put(server, ENDPOINTS, wanted, 'subsets', subsets);
}

async function reconcileSlice(server: Server, ips: readonly string[]): Promise<void> {
  const endpoints = ips.map((ip) => ({ addresses: [ip], conditions: { ready: true } }));
  const wanted = {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name: NAME, namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': NAME } },
    addressType: 'IPv4',
    endpoints,
    ports: [{ name: 'https', port: server.options.securePort, protocol: 'TCP' }],
  };
  const current = server.storage(ENDPOINT_SLICE).cache.get(`${ENDPOINT_SLICE.storagePrefix}${NAMESPACE}/${NAME}`);
  if (current !== undefined && deepEqual((current as EndpointSlice).endpoints, endpoints)) return;
  await put(server, ENDPOINT_SLICE, wanted, 'endpoints', endpoints);
}

async function put(
  server: Server,
  kind: typeof ENDPOINTS | typeof ENDPOINT_SLICE,
  wanted: KubeObject,
  member: string,
  value: unknown,
): Promise<void> {
  const resource = server.storage(kind);
  try {
    await updateObject(server, { ...LOOPBACK, warnings: [] }, resource, {
      namespace: NAMESPACE,
      name: NAME,
      subresource: '',
      dryRun: false,
      mayCreate: false,
      transform: (current) => withMember(current ?? wanted, member, value),
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await createObject(server, { ...LOOPBACK, warnings: [] }, resource, complete(kind, wanted), false);
  }
}
