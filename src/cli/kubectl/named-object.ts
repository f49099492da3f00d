import { pathTo } from './discovery.ts';
import type { ApiResource } from './discovery.ts';
import { asError, hasReason } from './errors.ts';
import type { Obj, Server } from './server.ts';

/** One object that is asked for by its name. Models cli-runtime/pkg/resource.Info.Get. */
export interface Named {
  readonly resource: ApiResource;
  /** '' for resources without one. */
  readonly namespace: string;
  readonly name: string;
}

/** Throws StatusError: of the namespace, where that is missing as a whole. */
export async function namedObject(server: Server, named: Named): Promise<Obj> {
  const { resource, namespace, name } = named;
  try {
    return await server.json('GET', pathTo(resource, namespace, name));
  } catch (error) {
    throw await explainMissing(server, named, error);
  }
}

/** The error of a request for one object, or what explains it: that its whole namespace is missing. */
export async function explainMissing(
  server: Server,
  { namespace, name }: Pick<Named, 'namespace' | 'name'>,
  error: unknown,
): Promise<Error> {
  if (!hasReason(error, 'NotFound') || name === '' || namespace === '' || namespace === 'default')
    return asError(error);
  try {
    await server.json('GET', `/api/v1/namespaces/${namespace}`);
    return error;
  } catch (missing) {
    return hasReason(missing, 'NotFound') ? missing : error;
  }
}
