// Models pkg/controller/certificates/rootcacertpublisher: every namespace has the cluster's CA in `kube-root-ca.crt`.
import type { ConfigMap, Namespace } from '../../../api/types.gen.ts';
import { ConfigMaps, Namespaces } from '../../../client/resources.ts';
import { fnv1a32 } from '../../../lib/fnv.ts';
import { deepEqual } from '../../../lib/json.ts';
import type { Flags } from '../../../lib/flags.ts';
import { NOTHING } from '../controller.ts';
import type { Plan, Request, Write } from '../controller.ts';
import { isNamespaceTerminating, isTaken } from '../refusals.ts';
import { controller } from '../run-controller.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION = 'kubernetes.io/description';
const DESCRIPTION_TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

export const rootCaCertificatePublisherController = controller({
  name: 'root-ca-certificate-publisher-controller',
  reconciles: Namespaces,
  watches: [
    {
      resource: ConfigMaps,
      keys: (object, old) => {
        const { name, namespace = '' } = (object ?? old)?.metadata ?? { name: '' };
        return name === NAME ? [namespace] : [];
      },
    },
  ],
  reconcile: reconcileRootCa,
});

export function reconcileRootCa({ key, object: namespace, cache, flags }: Request<Namespace, undefined>): Plan {
  if (namespace === undefined || namespace.status?.phase === 'Terminating') return NOTHING;
  const current = cache.get(ConfigMaps, `${key}/${NAME}`);
  const data = { 'ca.crt': certificate(flags) };
  const described = current?.metadata.annotations?.[DESCRIPTION] === DESCRIPTION_TEXT;
  if (current !== undefined && described && deepEqual(current.data, data)) return NOTHING;
  const object: ConfigMap = {
    ...current,
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      ...current?.metadata,
      name: NAME,
      namespace: key,
      annotations: { ...current?.metadata.annotations, [DESCRIPTION]: DESCRIPTION_TEXT },
    },
    data,
  };
  const accepts = (error: Parameters<typeof isTaken>[0]): boolean => isTaken(error) || isNamespaceTerminating(error);
  const write: Write =
    current === undefined
      ? { do: 'create', resource: ConfigMaps, object, accepts }
      : { do: 'update', resource: ConfigMaps, object };
  return { writes: [write] };
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const LINES = 17;
const LINE_LENGTH = 64;

/** The simulated network has no TLS: the certificate is a text that is the same for all of one cluster, of a real one's size. */
export function certificate(flags: Flags): string {
  let hash = fnv1a32(flags.get('cluster-name') ?? 'kubernetes');
  const lines = Array.from({ length: LINES }, () =>
    Array.from({ length: LINE_LENGTH }, () => {
      hash = fnv1a32('ca', hash);
      return BASE64.charAt(hash % BASE64.length);
    }).join(''),
  );
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
