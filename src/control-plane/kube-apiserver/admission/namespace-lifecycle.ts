// Models apiserver/pkg/admission/plugin/namespace/lifecycle.
import type { Server } from '../server.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import type { Namespace } from '../../../api/types.gen.ts';
import { NAMESPACE } from '../../../api/kinds/index.ts';
import { ApiError, forbidden, notFound } from '../../../api/status.ts';
import { MILLISECOND } from '../../../lib/time.ts';
import { asNamespace } from '../resources/namespace.ts';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);
/** A namespace just made may not have reached this server's cache. */
const MISSING_NAMESPACE_WAIT = 50 * MILLISECOND;

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  async admit(server, attributes, object) {
    await check(server, attributes);
    return object;
  },
  validate(_server, { operation, kind, name }) {
    if (operation === 'DELETE' && kind === NAMESPACE && IMMORTAL.has(name)) {
      throw forbidden(NAMESPACE, name, 'this namespace may not be deleted');
    }
  },
};

async function check(
  server: Server,
  { operation, kind, namespace, name, subresource }: AdmissionAttributes,
): Promise<void> {
  if (!kind.namespaced || operation !== 'CREATE' || subresource !== '') return;
  const known = asKnown(server, namespace) ?? (await lookUp(server, namespace));
  if (known === undefined) throw notFound(NAMESPACE, namespace);
  if (known.status?.phase !== 'Terminating') return;
  const error = forbidden(
    kind,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  throw new ApiError({
    ...error.status,
    details: {
      ...error.status.details,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  });
}

function asKnown(server: Server, namespace: string): Namespace | undefined {
  const stored = server.storage(NAMESPACE).cache.get(NAMESPACE.storagePrefix + namespace);
  return stored === undefined ? undefined : asNamespace(stored);
}

async function lookUp(server: Server, namespace: string): Promise<Namespace | undefined> {
  const { cache } = server.storage(NAMESPACE);
  await cache.fresh(0);
  const listed = asKnown(server, namespace);
  if (listed !== undefined) return listed;
  await server.env.sleep(MISSING_NAMESPACE_WAIT);
  const known = asKnown(server, namespace);
  if (known !== undefined) return known;
  const stored = await server.store.get(NAMESPACE.storagePrefix + namespace);
  return stored === undefined ? undefined : asNamespace(stored);
}
