import { controllerOf } from '../../api/owner-references.ts';
import type { KubeObject, Pod } from '../../api/types.gen.ts';
import type { Resource } from '../../client/resources.ts';
import type { Cache } from './cache.ts';
import { keyOf } from './controller.ts';

/** A cache that holds the given objects: for tests of reconcile functions. */
export function fakeCache(...objects: readonly KubeObject[]): Cache {
  function all<T extends KubeObject>(resource: Resource<T>): readonly T[] {
    return objects.filter((object): object is T => object.kind === resource.kind);
  }
  return {
    get: (resource, key) => all(resource).find((object) => keyOf(object) === key),
    list: (resource, namespace) =>
      all(resource).filter((object) => namespace === undefined || object.metadata.namespace === namespace),
    controlledBy: (resource, uid) => all(resource).filter((object) => controllerOf(object)?.uid === uid),
    orphans: (resource, namespace) =>
      all(resource).filter((object) => object.metadata.namespace === namespace && controllerOf(object) === undefined),
    podsOnNode: (node) => objects.filter((object): object is Pod => object.kind === 'Pod' && nodeOf(object) === node),
  };
}

function nodeOf(object: KubeObject): string | undefined {
  return 'spec' in object ? (object.spec as Pod['spec']).nodeName : undefined;
}
