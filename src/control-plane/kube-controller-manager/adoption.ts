import { controllerOf, controllerReference } from '../../api/owner-references.ts';
import { matchesLabels } from '../../api/selector.ts';
import type { Selector } from '../../api/selector.ts';
import type { KubeObject } from '../../api/types.gen.ts';
import type { Key } from '../../client/contract.ts';
import type { Resource } from '../../client/resources.ts';
import type { Cache } from './cache.ts';
import { isGone } from './refusals.ts';
import type { Write } from './controller.ts';

export interface Claim<T> {
  readonly claimed: readonly T[];
  /** Patches that make the claim true: orphans adopted, strays released. */
  readonly writes: readonly Write[];
}

/** Models pkg/controller ControllerRefManager: what matches the selector and has no controller is adopted, what no longer matches is let go. */
export function claim<T extends KubeObject>(
  cache: Cache,
  owner: KubeObject,
  selector: Selector,
  resource: Resource<T>,
): Claim<T> {
  const claimed: T[] = [];
  const writes: Write[] = [];
  const dying = owner.metadata.deletionTimestamp !== undefined;
  for (const object of cache.controlledBy(resource, owner.metadata.uid ?? '')) {
    if (matchesLabels(selector, object.metadata.labels)) claimed.push(object);
    else if (!dying) writes.push(release(resource, owner, object));
  }
  if (dying) return { claimed, writes };
  for (const object of cache.orphans(resource, owner.metadata.namespace ?? '')) {
    if (!matchesLabels(selector, object.metadata.labels) || object.metadata.deletionTimestamp !== undefined) continue;
    claimed.push(object);
    writes.push(adopt(resource, owner, object));
  }
  return { claimed, writes };
}

function adopt(resource: Resource, owner: KubeObject, object: KubeObject): Write {
  return {
    do: 'patch',
    resource,
    ...target(object),
    type: 'application/strategic-merge-patch+json',
    patch: { metadata: { ownerReferences: [controllerReference(owner)], uid: object.metadata.uid } },
    accepts: isGone,
  };
}

function release(resource: Resource, owner: KubeObject, object: KubeObject): Write {
  return {
    do: 'patch',
    resource,
    ...target(object),
    type: 'application/strategic-merge-patch+json',
    patch: {
      metadata: { uid: object.metadata.uid, ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }] },
    },
    // Gone, or it has another uid or owner by now: either way it is not ours.
    accepts: (error) => isGone(error) || error.reason === 'Invalid',
  };
}

function target(object: KubeObject): { readonly name: string; readonly namespace?: string } {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? { name } : { name, namespace };
}

/** Keys of the owners in a namespace that would adopt an orphan. */
export function adopters<O extends KubeObject>(
  cache: Cache,
  owners: Resource<O>,
  selectorOf: (owner: O) => Selector,
  object: KubeObject | undefined,
): readonly Key[] {
  if (object === undefined || controllerOf(object) !== undefined) return [];
  const { namespace = '', labels } = object.metadata;
  return cache
    .list(owners, namespace)
    .filter((owner) => matchesLabels(selectorOf(owner), labels))
    .map((owner) => `${namespace}/${owner.metadata.name}`);
}
