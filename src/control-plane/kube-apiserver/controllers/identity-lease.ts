// Models the apiserver identity lease: kube-system/apiserver-<hash>, one hour, renewed every 10 s.
import type { KubeObject, Lease } from '../../../api/types.gen.ts';
import type { Server } from '../server.ts';
import { LEASE } from '../../../api/kinds/index.ts';
import { randomSuffix } from '../../../api/names.ts';
import { ApiError, isNotFound } from '../../../api/status.ts';
import { fnv1a32 } from '../../../lib/fnv.ts';
import { formatMicroTime, SECOND } from '../../../lib/time.ts';
import { createObject } from '../handlers/create.ts';
import { updateObject } from '../handlers/update.ts';
import { EtcdFailure } from '../storage/etcd-client.ts';
import { withMember } from '../storage/objects.ts';
import { newUid } from '../uid.ts';
import { complete, LOOPBACK } from './system-objects.ts';

const NAMESPACE = 'kube-system';
const DURATION_SECONDS = 3600;
const RENEW = 10 * SECOND;

export function startIdentityLease(server: Server): void {
  const { env } = server;
  const name = `apiserver-${suffixOf(env.host)}`;
  const holder = `${name}_${newUid(env)}`;
  const renew = (): void => {
    env.spawn(async () => {
      try {
        await renewOnce(server, name, holder);
        server.startHooks.done('start-kube-apiserver-identity-lease-controller');
      } catch (error) {
        if (!(error instanceof ApiError) && !(error instanceof EtcdFailure)) throw error;
      }
      env.after(RENEW, renew);
    });
  };
  renew();
}

/** Names the server by its host, in the letters that generated names use. */
function suffixOf(host: string): string {
  let i = 0;
  return randomSuffix(26, (limit) => fnv1a32(host, i++) % limit);
}

async function renewOnce(server: Server, name: string, holder: string): Promise<void> {
  const { env } = server;
  const resource = server.storage(LEASE);
  const renewTime = formatMicroTime(env.now());
  const spec = { holderIdentity: holder, leaseDurationSeconds: DURATION_SECONDS, renewTime };
  try {
    await updateObject(server, { ...LOOPBACK, warnings: [] }, resource, {
      namespace: NAMESPACE,
      name,
      subresource: '',
      dryRun: false,
      mayCreate: false,
      transform: (current) =>
        withMember(current ?? lease(env.host, name, spec), 'spec', { ...specOf(current), ...spec }),
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const object = lease(env.host, name, { ...spec, acquireTime: renewTime });
    await createObject(server, { ...LOOPBACK, warnings: [] }, resource, object, false);
  }
}

function specOf(object: KubeObject | undefined): object {
  return (object as Lease | undefined)?.spec ?? {};
}

function lease(host: string, name: string, spec: object): KubeObject {
  return complete(LEASE, {
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
    metadata: {
      name,
      namespace: NAMESPACE,
      labels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': host },
    },
    spec,
  });
}
