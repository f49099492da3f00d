// Models pkg/controller/garbagecollector GraphBuilder: who owns whom, as the informers show it.
import type { KubeObject, OwnerReference } from '../../api/types.gen.ts';
import { deepEqual } from '../../lib/json.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export interface GraphNode {
  readonly uid: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  owners: readonly OwnerReference[];
  readonly dependents: Set<string>;
  /** Known only from a reference to it: it may not exist. */
  virtual: boolean;
  beingDeleted: boolean;
  /** Waits, in the foreground, until its dependents are gone. */
  deletingDependents: boolean;
  orphaning: boolean;
}

export interface Reactions {
  /** Something suggests that this object should go, or go on going. */
  attemptToDelete(uid: string): void;
  attemptToOrphan(uid: string): void;
}

export interface OwnerGraph {
  get(uid: string): GraphNode | undefined;
  changed(object: KubeObject): void;
  /** Gone for sure. */
  removed(uid: string): void;
  isKnownAbsent(uid: string): boolean;
}

/** Uids of owners that are known not to exist (any more); the oldest are forgotten. */
const ABSENT_LIMIT = 500;

export function createOwnerGraph(reactions: Reactions): OwnerGraph {
  const nodes = new Map<string, GraphNode>();
  const absent = new Set<string>();

  function link(node: GraphNode, owner: OwnerReference): void {
    const known = nodes.get(owner.uid);
    if (known !== undefined) {
      known.dependents.add(node.uid);
      return;
    }
    const { uid, apiVersion, kind, name } = owner;
    nodes.set(uid, {
      uid,
      apiVersion,
      kind,
      namespace: node.namespace,
      name,
      owners: [],
      dependents: new Set([node.uid]),
      virtual: true,
      beingDeleted: false,
      deletingDependents: false,
      orphaning: false,
    });
    reactions.attemptToDelete(uid);
  }

  function unlink(node: GraphNode, owner: OwnerReference): void {
    const known = nodes.get(owner.uid);
    known?.dependents.delete(node.uid);
    if (known?.deletingDependents === true) reactions.attemptToDelete(owner.uid);
  }

  function relink(node: GraphNode, owners: readonly OwnerReference[]): void {
    if (deepEqual(owners, node.owners)) return;
    const before = node.owners;
    node.owners = owners;
    for (const owner of owners) if (!before.some(({ uid }) => uid === owner.uid)) link(node, owner);
    for (const owner of before) {
      const now = owners.find(({ uid }) => uid === owner.uid);
      if (now === undefined) unlink(node, owner);
      else if (owner.blockOwnerDeletion === true && now.blockOwnerDeletion !== true)
        reactions.attemptToDelete(owner.uid);
    }
  }

  function transition(node: GraphNode, object: KubeObject): void {
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    node.beingDeleted = deletionTimestamp !== undefined;
    const orphaning = node.beingDeleted && finalizers.includes(ORPHAN);
    const foreground = node.beingDeleted && finalizers.includes(FOREGROUND);
    if (orphaning && !node.orphaning) reactions.attemptToOrphan(node.uid);
    if (foreground && !node.deletingDependents) {
      for (const dependent of node.dependents) reactions.attemptToDelete(dependent);
      reactions.attemptToDelete(node.uid);
    }
    node.orphaning = orphaning;
    node.deletingDependents = foreground;
  }

  function insert(object: KubeObject): GraphNode {
    const { uid = '', namespace, name } = object.metadata;
    const known = nodes.get(uid);
    const node: GraphNode = {
      uid,
      apiVersion: object.apiVersion,
      kind: object.kind,
      namespace,
      name,
      owners: [],
      dependents: known?.dependents ?? new Set(),
      virtual: false,
      beingDeleted: false,
      deletingDependents: false,
      orphaning: false,
    };
    nodes.set(uid, node);
    return node;
  }

  return {
    get: (uid) => nodes.get(uid),
    isKnownAbsent: (uid) => absent.has(uid),
    changed(object) {
      const known = nodes.get(object.metadata.uid ?? '');
      const node = known === undefined || known.virtual ? insert(object) : known;
      relink(node, object.metadata.ownerReferences ?? []);
      transition(node, object);
    },
    removed(uid) {
      const node = nodes.get(uid);
      if (node === undefined) return;
      nodes.delete(uid);
      if (node.dependents.size > 0) absent.add(uid);
      const [oldest] = absent;
      if (absent.size > ABSENT_LIMIT && oldest !== undefined) absent.delete(oldest);
      for (const owner of node.owners) unlink(node, owner);
      for (const dependent of node.dependents) reactions.attemptToDelete(dependent);
    },
  };
}
