// Models pkg/controller/garbagecollector.
import { kindOf } from '../../../api/scheme.ts';
import type { KubeObject, OwnerReference } from '../../../api/types.gen.ts';
import { ApiError } from '../../../client/client.ts';
import type { Client } from '../../../client/client.ts';
import { createWorkQueue } from '../../../client/work-queue.ts';
import type { Resource } from '../../../client/resources.ts';
import { COLLECTABLE } from '../collectable.ts';
import type { ControllerProgram } from '../controller.ts';
import { steppedClient } from '../stepped-client.ts';
import { FOREGROUND, ORPHAN, createOwnerGraph } from '../owner-graph.ts';
import type { GraphNode, OwnerGraph } from '../owner-graph.ts';

/** Upstream's default for --concurrent-gc-syncs. */
const WORKERS = 20;

export const garbageCollectorController: ControllerProgram = {
  name: 'garbage-collector-controller',
  start({ env, client: plain, informers }) {
    const client = steppedClient(env, plain, 'garbage-collector-controller');
    const graph: OwnerGraph = createOwnerGraph({
      attemptToDelete: (uid) => deletions.add(uid),
      attemptToOrphan: (uid) => orphanings.add(uid),
    });
    const collector: Collector = { client, graph, again: (uid) => deletions.add(uid) };
    const onNode = async (key: string, work: (node: GraphNode) => Promise<void>): Promise<void> => {
      const node = graph.get(key);
      if (node !== undefined) await work(node);
    };
    const deletions = createWorkQueue(env, {
      name: 'garbage_collector_attempt_to_delete',
      workers: WORKERS,
      work: (uid) => onNode(uid, (node) => attemptToDelete(collector, node)),
    });
    const orphanings = createWorkQueue(env, {
      name: 'garbage_collector_attempt_to_orphan',
      workers: WORKERS,
      work: (uid) => onNode(uid, (node) => attemptToOrphan(collector, node)),
    });
    const sources = COLLECTABLE.map((kind) => informers.for<KubeObject>(kind));
    let missing = sources.length;
    for (const source of sources) {
      source.whenSynced(() => {
        missing--;
        // A graph with kinds missing would take owners for absent.
        if (missing === 0) for (const each of sources) each.onChange((object, old) => graphChange(graph, object, old));
      });
    }
  },
};

function graphChange(graph: OwnerGraph, object: KubeObject | undefined, old: KubeObject | undefined): void {
  if (old !== undefined && old.metadata.uid !== object?.metadata.uid) graph.removed(old.metadata.uid ?? '');
  if (object !== undefined) graph.changed(object);
}

interface Collector {
  readonly client: Client;
  readonly graph: OwnerGraph;
  again(uid: string): void;
}

/** Whether an object must go is decided by what the API says now, never by the graph alone. */
async function attemptToDelete(collector: Collector, node: GraphNode): Promise<void> {
  const { client, graph } = collector;
  if (node.beingDeleted && !node.deletingDependents) return;
  const resource = resourceOf(node);
  if (resource === undefined) return;
  const latest = await readSame(client, resource, node);
  if (latest === undefined) return graph.removed(node.uid);
  if (node.virtual) return;
  if (node.deletingDependents) return continueForeground(collector, node, resource, latest);
  const owners = latest.metadata.ownerReferences ?? [];
  if (owners.length === 0) return;
  const { solid, dangling, waiting } = await classify(collector, node, owners);
  if (solid.length > 0) {
    const stale = [...dangling, ...waiting].map((owner) => owner.uid);
    if (stale.length > 0) await dropOwners(client, resource, latest, stale);
    return;
  }
  const { uid, resourceVersion } = latest.metadata;
  const precondition = uid === undefined ? {} : { uid };
  if (waiting.length > 0 && node.dependents.size > 0) {
    const circular = [...node.dependents].some((dependent) => graph.get(dependent)?.deletingDependents === true);
    if (circular) await unblockOwners(client, resource, latest);
    return remove(client, resource, latest, { ...precondition, propagationPolicy: 'Foreground' });
  }
  const finalizers = latest.metadata.finalizers ?? [];
  const propagationPolicy = finalizers.includes(ORPHAN)
    ? 'Orphan'
    : finalizers.includes(FOREGROUND)
      ? 'Foreground'
      : 'Background';
  const unchanged = resourceVersion === undefined ? {} : { resourceVersion };
  return remove(client, resource, latest, { ...precondition, ...unchanged, propagationPolicy });
}

interface Owners {
  readonly solid: readonly OwnerReference[];
  readonly dangling: readonly OwnerReference[];
  readonly waiting: readonly OwnerReference[];
}

async function classify(collector: Collector, node: GraphNode, owners: readonly OwnerReference[]): Promise<Owners> {
  const sorted = { solid: [] as OwnerReference[], dangling: [] as OwnerReference[], waiting: [] as OwnerReference[] };
  for (const owner of owners) sorted[await stateOf(collector, node, owner)].push(owner);
  return sorted;
}

async function stateOf({ client, graph }: Collector, node: GraphNode, owner: OwnerReference): Promise<keyof Owners> {
  if (graph.isKnownAbsent(owner.uid)) return 'dangling';
  const resource = kindOf(owner);
  // Of a kind that nobody serves nothing can be said: what it owns stays.
  if (resource === undefined) return 'solid';
  const latest = await readSame(client, resource, { name: owner.name, namespace: node.namespace, uid: owner.uid });
  if (latest === undefined) return 'dangling';
  const { deletionTimestamp, finalizers = [] } = latest.metadata;
  return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND) ? 'waiting' : 'solid';
}

/** In the foreground: the owner goes once no dependent blocks it. */
async function continueForeground(
  collector: Collector,
  node: GraphNode,
  resource: Resource,
  latest: KubeObject,
): Promise<void> {
  const { client, graph } = collector;
  const blocking = [...node.dependents].flatMap((uid) => {
    const dependent = graph.get(uid);
    const blocks = dependent?.owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true);
    return dependent !== undefined && blocks === true ? [dependent] : [];
  });
  if (blocking.length === 0) return removeFinalizer(client, resource, latest, FOREGROUND);
  for (const dependent of blocking) if (!dependent.deletingDependents) collector.again(dependent.uid);
}

async function attemptToOrphan({ client, graph }: Collector, node: GraphNode): Promise<void> {
  const resource = resourceOf(node);
  if (resource === undefined) return;
  for (const uid of [...node.dependents]) {
    const dependent = graph.get(uid);
    const kind = dependent === undefined ? undefined : resourceOf(dependent);
    if (dependent === undefined || kind === undefined) continue;
    const latest = await readSame(client, kind, dependent);
    if (latest !== undefined) await dropOwners(client, kind, latest, [node.uid]);
  }
  const latest = await readSame(client, resource, node);
  if (latest !== undefined) await removeFinalizer(client, resource, latest, ORPHAN);
}

function resourceOf(node: GraphNode): Resource | undefined {
  return kindOf(node);
}

interface Identity {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string;
}

/** The object as it is stored now, if it is still that one. */
async function readSame(
  client: Client,
  resource: Resource,
  { name, namespace, uid }: Identity,
): Promise<KubeObject | undefined> {
  try {
    const latest = await client.get(resource, name, resource.namespaced ? namespace : undefined);
    return latest.metadata.uid === uid ? latest : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.reason === 'NotFound';
}

async function dropOwners(
  client: Client,
  resource: Resource,
  object: KubeObject,
  uids: readonly string[],
): Promise<void> {
  const ownerReferences = uids.map((uid) => ({ $patch: 'delete', uid }));
  await patch(client, resource, object, { metadata: { uid: object.metadata.uid, ownerReferences } });
}

async function unblockOwners(client: Client, resource: Resource, object: KubeObject): Promise<void> {
  const ownerReferences = (object.metadata.ownerReferences ?? []).map((owner) => ({
    ...owner,
    blockOwnerDeletion: false,
  }));
  await patch(client, resource, object, { metadata: { uid: object.metadata.uid, ownerReferences } });
}

async function patch(client: Client, resource: Resource, object: KubeObject, body: unknown): Promise<void> {
  const { name, namespace } = object.metadata;
  try {
    await client.patch(resource, name, namespace, 'application/strategic-merge-patch+json', body);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function removeFinalizer(
  client: Client,
  resource: Resource,
  object: KubeObject,
  finalizer: string,
): Promise<void> {
  const { name, namespace, resourceVersion, finalizers = [] } = object.metadata;
  if (!finalizers.includes(finalizer)) return;
  const left = finalizers.filter((other) => other !== finalizer);
  const body = { metadata: { resourceVersion, finalizers: left } };
  try {
    await client.patch(resource, name, namespace, 'application/merge-patch+json', body);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function remove(
  client: Client,
  resource: Resource,
  object: KubeObject,
  options: NonNullable<Parameters<Client['delete']>[3]>,
): Promise<void> {
  try {
    await client.delete(resource, object.metadata.name, object.metadata.namespace, options);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
