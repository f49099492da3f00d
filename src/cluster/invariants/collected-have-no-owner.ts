import { keyOf, kindOf } from '../../api/scheme.ts';
import type { KubeObject, OwnerReference } from '../../api/types.gen.ts';
import type { CommittedChange } from './commit.ts';
import type { Invariant } from './invariant.ts';

const DELETES = /^garbage-collector-controller on \S+ deletes /;
/** A delete is committed soon after it was asked for, or never. */
const KEPT = 1_000;
const FOREGROUND = 'foregroundDeletion';

/**
 * Models pkg/controller/garbagecollector: whatever the graph believes, an owner is absent only when a read of it says so, by its uid,
 * and what is deleted is what was read, by its uid and resourceVersion.
 */
export const collectedHaveNoOwner: Invariant = {
  name: 'collected have no owner',
  says: 'The garbage collector deletes only what had owners, none of which is left in etcd (or is waiting for it to go).',
  hears: ['cause', 'commit'],
  create() {
    const stored = new Map<string, CommittedChange>();
    const deletions = new Set<string>();
    return (event, { commit }) => {
      if (event.kind === 'cause') {
        if (DELETES.test(event.text)) deletions.add(event.id);
        if (deletions.size > KEPT) deletions.delete(deletions.values().next().value ?? '');
        return undefined;
      }
      const collected = event.cause !== undefined && deletions.has(event.cause);
      let wrong: string | undefined;
      for (const change of commit?.changes ?? []) {
        const before = stored.get(change.key)?.object;
        if (collected && before !== undefined && begins(before, change))
          wrong ??= ownersLeft(change.key, before, stored);
        if (change.deleted) stored.delete(change.key);
        else stored.set(change.key, change);
      }
      return wrong;
    };
  },
};

/** Whether the change begins the deletion, or is all of it: what follows was decided before. */
function begins(before: KubeObject, change: CommittedChange): boolean {
  return (
    before.metadata.deletionTimestamp === undefined &&
    (change.deleted || change.object?.metadata.deletionTimestamp !== undefined)
  );
}

function ownersLeft(key: string, object: KubeObject, stored: ReadonlyMap<string, CommittedChange>): string | undefined {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0) return `${key} was deleted though nothing owns it`;
  const states = owners.map((owner) => ({ owner, state: stateOf(owner, object.metadata.namespace, stored) }));
  // What goes along with an owner that waits is deleted as it is by then: so it is upstream.
  if (states.some(({ state }) => state === 'waiting')) return undefined;
  const left = states.find(({ state }) => state === 'there')?.owner;
  return left === undefined ? undefined : `${key} was deleted though its owner ${left.kind} ${left.name} is there`;
}

function stateOf(
  owner: OwnerReference,
  namespace: string | undefined,
  stored: ReadonlyMap<string, CommittedChange>,
): 'there' | 'waiting' | 'absent' {
  const kind = kindOf(owner);
  if (kind === undefined) return 'absent';
  const metadata = stored.get(keyOf(kind, namespace, owner.name))?.object?.metadata;
  if (metadata?.uid !== owner.uid) return 'absent';
  const waits = metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(FOREGROUND) === true;
  return waits ? 'waiting' : 'there';
}
