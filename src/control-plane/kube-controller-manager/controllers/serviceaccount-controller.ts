// Models pkg/controller/serviceaccount: every namespace has the ServiceAccount `default`.
import type { Namespace, ServiceAccount } from '../../../api/types.gen.ts';
import { Namespaces, ServiceAccounts } from '../../../client/resources.ts';
import { NOTHING } from '../controller.ts';
import type { Plan, Request } from '../controller.ts';
import { isNamespaceTerminating, isTaken } from '../refusals.ts';
import { controller } from '../run-controller.ts';

const DEFAULT = 'default';

export const serviceAccountController = controller({
  name: 'serviceaccount-controller',
  reconciles: Namespaces,
  watches: [
    {
      resource: ServiceAccounts,
      keys: (object, old) =>
        object === undefined && old?.metadata.name === DEFAULT ? [old.metadata.namespace ?? ''] : [],
    },
  ],
  reconcile: reconcileServiceAccount,
});

export function reconcileServiceAccount({ key, object: namespace, cache }: Request<Namespace, undefined>): Plan {
  if (namespace === undefined || namespace.status?.phase === 'Terminating') return NOTHING;
  if (cache.get(ServiceAccounts, `${key}/${DEFAULT}`) !== undefined) return NOTHING;
  const object: ServiceAccount = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: DEFAULT, namespace: key },
  };
  const accepts = (error: Parameters<typeof isTaken>[0]): boolean => isTaken(error) || isNamespaceTerminating(error);
  return { writes: [{ do: 'create', resource: ServiceAccounts, object, accepts }] };
}
