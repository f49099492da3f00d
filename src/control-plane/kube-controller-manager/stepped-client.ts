import type { Client } from '../../client/client.ts';
import { keyOf } from './controller.ts';
import type { Env } from '../../sim/env.ts';

/** The client, with each write a step of its own in the chain of causes: for controllers that write by themselves. */
export function steppedClient(env: Env, client: Client, controller: string): Client {
  function step<T>(what: string, action: () => T): T {
    return env.because(env.step(`${controller} on ${env.host} ${what}`), action);
  }
  const target = (name: string, namespace: string | undefined): string =>
    namespace === undefined ? name : `${namespace}/${name}`;
  return {
    ...client,
    update: (resource, object, options) =>
      step(`updates ${resource.kind} ${keyOf(object)}`, () => client.update(resource, object, options)),
    patch: (resource, name, namespace, type, patch, options) =>
      step(`patches ${resource.kind} ${target(name, namespace)}`, () =>
        client.patch(resource, name, namespace, type, patch, options),
      ),
    delete: (resource, name, namespace, options) =>
      step(`deletes ${resource.kind} ${target(name, namespace)}`, () =>
        client.delete(resource, name, namespace, options),
      ),
    raw: (request, options) => step(`${request.method} ${request.path}`, () => client.raw(request, options)),
  };
}
