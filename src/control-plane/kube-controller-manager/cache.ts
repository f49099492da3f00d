import { controllerOf } from '../../api/owner-references.ts';
import type { KubeObject, Pod } from '../../api/types.gen.ts';
import type { Informer, Informers, Key } from '../../client/contract.ts';
import { Pods } from '../../client/resources.ts';
import type { Resource } from '../../client/resources.ts';

/** The controllers' view of the cluster: informers, read only. */
export interface Cache {
  get<T extends KubeObject>(resource: Resource<T>, key: Key): T | undefined;
  /** In key order. */
  list<T extends KubeObject>(resource: Resource<T>, namespace?: string): readonly T[];
  /** Objects whose controller has this uid. */
  controlledBy<T extends KubeObject>(resource: Resource<T>, uid: string): readonly T[];
  /** Objects of a namespace that no controller claims. */
  orphans<T extends KubeObject>(resource: Resource<T>, namespace: string): readonly T[];
  podsOnNode(node: string): readonly Pod[];
}

const CONTROLLER = 'controller';
const NODE = 'node';

export function createCache(informers: Informers): Cache {
  const indexed = new Set<string>();

  function byController<T extends KubeObject>(resource: Resource<T>, value: string): readonly T[] {
    const informer = informers.for(resource);
    const kind = `${resource.group}/${resource.plural}`;
    if (!indexed.has(kind)) {
      indexed.add(kind);
      informer.addIndex(CONTROLLER, (object) => [controllerOf(object)?.uid ?? `${object.metadata.namespace ?? ''}/`]);
    }
    return informer.byIndex(CONTROLLER, value);
  }

  function pods(): Informer<Pod> {
    const informer = informers.for(Pods);
    if (!indexed.has(NODE)) {
      indexed.add(NODE);
      informer.addIndex(NODE, (pod) => (pod.spec.nodeName === undefined ? [] : [pod.spec.nodeName]));
    }
    return informer;
  }

  return {
    get: (resource, key) => informers.for(resource).get(key),
    list: (resource, namespace) => informers.for(resource).list(namespace === undefined ? {} : { namespace }),
    controlledBy: byController,
    orphans: (resource, namespace) => byController(resource, `${namespace}/`),
    podsOnNode: (node) => pods().byIndex(NODE, node),
  };
}
