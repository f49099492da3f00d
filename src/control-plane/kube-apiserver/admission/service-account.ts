// Models plugin/pkg/admission/serviceaccount.
import type { Container, Pod, ServiceAccount, Volume } from '../../../api/types.gen.ts';
import type { KubeObject } from '../../../api/types.gen.ts';
import type { Server } from '../server.ts';
import type { AdmissionPlugin } from './admission.ts';
import { POD, SERVICE_ACCOUNT } from '../../../api/kinds/index.ts';
import { randomSuffix } from '../../../api/names.ts';
import { isMirrorPod } from '../../../api/pods.ts';
import { forbidden } from '../../../api/status.ts';
import { MILLISECOND } from '../../../lib/time.ts';
import { asPod } from '../resources/pod.ts';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
/** Added to the hour that a token should last, so that kubelets can tell this volume. */
const TOKEN_SECONDS = 3607;
const ATTEMPTS = 10;

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  async admit(server, { operation, kind, subresource }, object) {
    if (kind !== POD || operation !== 'CREATE' || subresource !== '') return object;
    const pod = asPod(object);
    if (isMirrorPod(pod)) {
      rejectMirrorWithAccount(pod);
      return object;
    }
    const name = pod.spec?.serviceAccountName ?? '';
    const named = withServiceAccount(pod, name === '' ? 'default' : name);
    const account = await accountOf(server, named);
    const mounted = shouldMount(named, account) ? mountToken(server, named) : named;
    return withPullSecrets(mounted, account);
  },
};

function rejectMirrorWithAccount(pod: Pod): void {
  const { name } = pod.metadata;
  if ((pod.spec?.serviceAccountName ?? '') !== '')
    throw forbidden(POD, name, 'a mirror pod may not reference service accounts');
}

function withServiceAccount(pod: Pod, serviceAccountName: string): Pod {
  return withSpec(pod, { serviceAccountName, serviceAccount: serviceAccountName });
}

function withSpec(pod: Pod, change: object): Pod {
  return { ...pod, spec: { ...pod.spec, ...change } };
}

/** From the cache, else by asking etcd for a while: the account of a namespace just made may be on its way. */
async function accountOf(server: Server, pod: Pod): Promise<ServiceAccount> {
  const { namespace = '', generateName = '' } = pod.metadata;
  // A pod that is to get its name from a prefix has none yet.
  const podName = pod.metadata.name || generateName;
  const name = pod.spec?.serviceAccountName ?? '';
  const { cache } = server.storage(SERVICE_ACCOUNT);
  const key = `${SERVICE_ACCOUNT.storagePrefix}${namespace}/${name}`;
  const known = cache.get(key);
  if (known !== undefined) return asAccount(known);
  const pause = (100 + server.env.random.below(100)) * MILLISECOND;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await server.env.sleep(pause);
    const stored = await server.store.get(key);
    if (stored !== undefined) return asAccount(stored);
  }
  throw forbidden(
    POD,
    podName,
    `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
  );
}

function asAccount(object: KubeObject): ServiceAccount {
  return object as ServiceAccount;
}

function shouldMount(pod: Pod, account: ServiceAccount): boolean {
  return pod.spec?.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

function mountToken(server: Server, pod: Pod): Pod {
  const { volumes = [], containers = [], initContainers } = pod.spec ?? { containers: [] };
  const existing = volumes.find((volume) => volume.name.startsWith(VOLUME_PREFIX));
  const name = existing?.name ?? VOLUME_PREFIX + randomSuffix(5, (limit) => server.env.random.below(limit));
  let used = false;
  const mount = (container: Container): Container => {
    const mounts = container.volumeMounts ?? [];
    if (mounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) return container;
    used = true;
    return { ...container, volumeMounts: [...mounts, { name, readOnly: true, mountPath: MOUNT_PATH }] };
  };
  const init = initContainers?.map(mount);
  const all = containers.map(mount);
  if (!used) return pod;
  return withSpec(pod, {
    volumes: existing === undefined ? [...volumes, tokenVolume(name)] : volumes,
    containers: all,
    ...(init === undefined ? {} : { initContainers: init }),
  });
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    },
  };
}

function withPullSecrets(pod: Pod, account: ServiceAccount): Pod {
  if ((pod.spec?.imagePullSecrets ?? []).length > 0 || (account.imagePullSecrets ?? []).length === 0) return pod;
  return withSpec(pod, { imagePullSecrets: account.imagePullSecrets });
}
