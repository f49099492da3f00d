// Models pkg/controller/namespace.
import { apiVersionOf } from '../../../api/scheme.ts';
import type { KubeObject, Namespace, NamespaceCondition, Pod } from '../../../api/types.gen.ts';
import { ApiError } from '../../../client/client.ts';
import type { Client } from '../../../client/client.ts';
import { Namespaces, Pods, pathOf } from '../../../client/resources.ts';
import type { Resource } from '../../../client/resources.ts';
import { createWorkQueue } from '../../../client/work-queue.ts';
import { formatTime } from '../../../lib/time.ts';
import { SECOND } from '../../../sim/env.ts';
import type { Env, Micros } from '../../../sim/env.ts';
import { NAMESPACED } from '../collectable.ts';
import type { ControllerProgram } from '../controller.ts';
import { steppedClient } from '../stepped-client.ts';

/** Every API server should know by then that nothing more may be created. */
const GRACE: Micros = 5 * SECOND;
const FINALIZER_SECONDS = 15;
const WORKERS = 10;

export const namespaceController: ControllerProgram = {
  name: 'namespace-controller',
  start({ env, client: plain, informers }) {
    const client = steppedClient(env, plain, 'namespace-controller');
    const namespaces = informers.for(Namespaces);
    const queue = createWorkQueue(env, {
      name: 'namespace',
      workers: WORKERS,
      async work(name) {
        const seconds = await deleteNamespace(env, client, name);
        env.trace({ type: 'reconcile', controller: 'namespace-controller', key: name, writes: 1 });
        if (seconds > 0) queue.addAfter(name, (Math.floor(seconds / 2) + 1) * SECOND);
      },
    });
    namespaces.onChange((namespace) => {
      if (namespace?.metadata.deletionTimestamp !== undefined) queue.addAfter(namespace.metadata.name, GRACE);
    });
  },
};

/** What is left of one kind, after everything of it was asked to go. */
interface Remains {
  readonly resource: Resource;
  readonly count: number;
  readonly finalizers: ReadonlyMap<string, number>;
  /** Seconds that the rest may still take. */
  readonly seconds: number;
  readonly error?: string;
}

/** Deletes the contents, and the namespace once nothing is left. Resolves with how many seconds the rest may take. */
async function deleteNamespace(env: Env, client: Client, name: string): Promise<number> {
  const namespace = await readIfThere(client, name);
  if (namespace?.metadata.deletionTimestamp === undefined || (namespace.spec.finalizers ?? []).length === 0) return 0;
  const remains = await deleteContents(client, name);
  await updateConditions(env, client, namespace, remains);
  const failed = remains.find(({ error }) => error !== undefined);
  if (failed?.error !== undefined) throw new Error(failed.error);
  const seconds = Math.max(0, ...remains.map((rest) => rest.seconds));
  if (seconds === 0) await finalize(client, name);
  return seconds;
}

async function readIfThere(client: Client, name: string): Promise<Namespace | undefined> {
  try {
    return await client.get(Namespaces, name);
  } catch (error) {
    if (error instanceof ApiError && error.reason === 'NotFound') return undefined;
    throw error;
  }
}

/** Pods go first: they may need what else is there to end well. */
async function deleteContents(client: Client, name: string): Promise<readonly Remains[]> {
  const pods = await deleteKind(client, name, Pods);
  if (pods.count > 0) return [pods];
  const others = NAMESPACED.filter((kind) => kind.plural !== Pods.plural);
  return [pods, ...(await Promise.all(others.map((kind) => deleteKind(client, name, kind))))];
}

async function deleteKind(client: Client, namespace: string, resource: Resource): Promise<Remains> {
  const before = await client.list(resource, { namespace });
  const grace = resource === Pods ? longestGrace(before.items) : 0;
  if (before.items.length === 0) return { resource, count: 0, finalizers: new Map(), seconds: 0 };
  const body = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
  const path = pathOf(resource, namespace);
  const answer = await client.raw({ method: 'DELETE', path, body, headers: { 'content-type': 'application/json' } });
  const { items } = await client.list(resource, { namespace });
  const finalizers = new Map<string, number>();
  for (const item of items) {
    for (const finalizer of item.metadata.finalizers ?? [])
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
  }
  const count = items.length;
  const rest = { resource, count, finalizers };
  if (answer.status >= 300)
    return { ...rest, seconds: 0, error: `unable to delete ${nameOf(resource)}: ${answer.body}` };
  if (count === 0 || grace > 0) return { ...rest, seconds: count === 0 ? 0 : grace };
  if (finalizers.size > 0) return { ...rest, seconds: FINALIZER_SECONDS };
  const where = `${apiVersionOf(resource)}, Resource=${resource.plural}`;
  return { ...rest, seconds: 0, error: `unexpected items still remain in namespace: ${namespace} for gvr: ${where}` };
}

/** Models estimateGracefulTerminationForPods. */
function longestGrace(pods: readonly KubeObject[]): number {
  const seconds = pods.map((object) => {
    const { spec, status } = podOf(object);
    return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? 0 : (spec.terminationGracePeriodSeconds ?? 0);
  });
  return Math.max(0, ...seconds);
}

function podOf(object: KubeObject): Pod {
  return object as Pod;
}

function nameOf({ plural, group }: Resource): string {
  return `${plural}.${group}`;
}

async function updateConditions(
  env: Env,
  client: Client,
  namespace: Namespace,
  remains: readonly Remains[],
): Promise<void> {
  const before = namespace.status?.conditions ?? [];
  const now = formatTime(env.now());
  const wanted = conditionsFor(remains);
  const changed = wanted.filter(([type, status, reason, message]) => {
    const current = before.find((condition) => condition.type === type);
    return current?.status !== status || current.reason !== reason || current.message !== message;
  });
  if (changed.length === 0) return;
  const conditions = wanted.map(([type, status, reason, message]): NamespaceCondition => {
    const current = before.find((condition) => condition.type === type);
    const lastTransitionTime = current?.status === status ? (current.lastTransitionTime ?? now) : now;
    return { type, status, lastTransitionTime, reason, message };
  });
  const others = before.filter((condition) => !wanted.some(([type]) => type === condition.type));
  const object: Namespace = {
    ...namespace,
    status: { ...namespace.status, conditions: [...others, ...conditions] },
  };
  await client.update(Namespaces, object, { subresource: 'status' });
}

type ConditionText = readonly [type: string, status: string, reason: string, message: string];

function conditionsFor(remains: readonly Remains[]): readonly ConditionText[] {
  const left = remains.filter(({ count }) => count > 0);
  const finalizers = new Map<string, number>();
  for (const rest of left) {
    for (const [finalizer, count] of rest.finalizers)
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + count);
  }
  const errors = remains.flatMap(({ error }) => (error === undefined ? [] : [error]));
  const counts = left.map((rest) => `${nameOf(rest.resource)} has ${rest.count} resource instances`);
  const kept = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  return [
    ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    errors.length === 0
      ? [
          'NamespaceDeletionContentFailure',
          'False',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ]
      : [
          'NamespaceDeletionContentFailure',
          'True',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${errors.length} remaining: ${errors.join(', ')}`,
        ],
    counts.length === 0
      ? ['NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed']
      : [
          'NamespaceContentRemaining',
          'True',
          'SomeResourcesRemain',
          `Some resources are remaining: ${counts.join(', ')}`,
        ],
    kept.length === 0
      ? [
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ]
      : [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${kept.join(', ')}`,
        ],
  ];
}

/** Takes the finalizer `kubernetes` away: the API server then lets the namespace go. */
async function finalize(client: Client, name: string): Promise<void> {
  const namespace = await readIfThere(client, name);
  if (namespace === undefined) return;
  const finalizers = (namespace.spec.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
  const object: Namespace = { ...namespace, spec: { ...namespace.spec, finalizers } };
  try {
    await client.update(Namespaces, object, { subresource: 'finalize' });
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'NotFound') throw error;
  }
}
