// What admission adds to objects before they are validated, as far as the recorded answers show it. Only for tests.
import type { Kind } from './kind.ts';
import type { KubeObject } from './meta.ts';
import type { Container, Pod, Service, Toleration } from './types.gen.ts';

const ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const NAME = 'kube-api-access-xxxxx';

export function inject(kind: Kind, object: KubeObject): KubeObject {
  if (kind.type !== 'Pod') return object;
  const pod = object as Pod;
  const mounted = (container: Container): Container => ({
    ...container,
    volumeMounts: mountsOf(container),
  });
  const { containers = [], initContainers, volumes = [] } = pod.spec;
  return {
    ...pod,
    spec: {
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      serviceAccountName: 'default',
      serviceAccount: 'default',
      ...pod.spec,
      containers: containers.map(mounted),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(mounted) }),
      volumes: [...volumes, tokenVolume()],
      tolerations: tolerationsOf(pod),
    },
  } as Pod;
}

function tokenVolume(): NonNullable<Pod['spec']['volumes']>[number] {
  return {
    name: NAME,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
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

/** Tolerations are added whenever a pod is written. */
export function admitUpdate(kind: Kind, object: KubeObject): KubeObject {
  if (kind.type !== 'Pod') return object;
  const pod = object as Pod;
  return {
    ...pod,
    spec: { priority: 0, preemptionPolicy: 'PreemptLowerPriority', ...pod.spec, tolerations: tolerationsOf(pod) },
  } as Pod;
}

function tolerationsOf(pod: Pod): Toleration[] {
  const given = pod.spec.tolerations ?? [];
  const missing = ['not-ready', 'unreachable']
    .map((key) => `node.kubernetes.io/${key}`)
    .filter((key) => !given.some((toleration) => toleration.key === key));
  return [
    ...given,
    ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
  ];
}

/** The address that the server gives a new service. */
export function allocate(kind: Kind, object: KubeObject): KubeObject {
  if (kind.type !== 'Service') return object;
  const { spec, ...rest } = object as Service;
  if (spec.type === 'ExternalName' || (spec.clusterIP ?? '') !== '') return object;
  return { ...rest, spec: { ...spec, clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'] } } as Service;
}

function mountsOf({ volumeMounts = [] }: Container): NonNullable<Container['volumeMounts']> {
  if (volumeMounts.some((mount) => mount.mountPath === ACCOUNT_PATH)) return volumeMounts;
  return [...volumeMounts, { name: NAME, readOnly: true, mountPath: ACCOUNT_PATH }];
}
