// Models apiserver/pkg/endpoints/handlers/delete.go, registry/rest/delete.go and registry/generic/registry/store.go Delete.
import type { KubeObject } from '../../../api/types.gen.ts';
import type { RequestContext } from '../context.ts';
import type { DeleteRequest } from '../request-options.ts';
import type { ServedResource, Server } from '../server.ts';
import type { Stored } from '../storage/objects.ts';
import { keyOf } from '../../../api/scheme.ts';
import { conflict, deletedStatus, isNotFound, notFound } from '../../../api/status.ts';
import { formatTime, parseTime, SECOND } from '../../../lib/time.ts';
import { NAMESPACE } from '../../../api/kinds/index.ts';
import { checkAdmission } from '../admission/admission.ts';
import { listOptions } from '../list-options.ts';
import { asNamespace } from '../resources/namespace.ts';
import { deleteOptions } from '../request-options.ts';
import { respondStatus, respondText } from '../respond.ts';
import { withMetadata, withResourceVersion } from '../storage/objects.ts';
import { revisionOf } from '../storage/store.ts';
import { listObjects, listText, respondForm } from './read.ts';

export const ORPHAN = 'orphan';
export const FOREGROUND = 'foregroundDeletion';

export async function handleDelete(server: Server, ctx: RequestContext, resource: ServedResource): Promise<void> {
  const { namespace, name } = ctx.info;
  const options = deleteOptions(ctx.exchange.request.body, ctx.query);
  const outcome = await deleteObject(server, ctx, resource, namespace, name, options);
  const code = !outcome.deleted && options.orphanDependents === false ? 202 : 200;
  if (!outcome.deleted || resource.rules.returnsDeleted) {
    respondForm(server, ctx, resource, code, resource.toServed(outcome.object));
    return;
  }
  respondStatus(ctx, code, deletedStatus(resource.kind, name, outcome.object.metadata.uid ?? ''));
}

export interface Deleted {
  readonly object: Stored;
  /** Gone; otherwise it waits for finalizers or its grace period. */
  readonly deleted: boolean;
}

export async function deleteObject(
  server: Server,
  ctx: Pick<RequestContext, 'user'>,
  resource: ServedResource,
  namespace: string,
  name: string,
  options: DeleteRequest,
  check?: (current: KubeObject) => void,
): Promise<Deleted> {
  const { kind } = resource;
  const key = keyOf(kind, namespace, name);
  const attributes = {
    operation: 'DELETE',
    kind,
    subresource: '',
    namespace,
    name,
    user: ctx.user,
    dryRun: options.dryRun,
  } as const;
  const deletion = new Deletion(server, resource, name, options);
  const suggestion = resource.cache.get(key);
  if (options.dryRun) {
    const current = await server.store.get(key, suggestion);
    if (current === undefined) throw notFound(kind, name);
    await checkAdmission(server, attributes, undefined, current);
    check?.(current);
    const marked = deletion.mark(current);
    return { object: marked ?? current, deleted: marked === undefined };
  }
  let marked: Stored | undefined;
  const updated = await server.store.update(key, suggestion, async (current) => {
    if (current === undefined) throw notFound(kind, name);
    await checkAdmission(server, attributes, undefined, current);
    check?.(current);
    marked = deletion.mark(current);
    return marked ?? current;
  });
  const { object } = updated;
  if (deletion.keeps(object)) return { object, deleted: false };
  return remove(server, resource, key, object, deletion);
}

async function remove(
  server: Server,
  resource: ServedResource,
  key: string,
  object: Stored,
  deletion: Deletion,
): Promise<Deleted> {
  const gone = await server.store.delete(key, object, (current) => {
    if (current !== object) deletion.checkPreconditions(current);
  });
  if (gone === undefined) {
    // A kubelet may have been faster with a pod whose grace period is over: it is gone either way.
    if (object.metadata.deletionTimestamp !== undefined) return { object, deleted: true };
    throw notFound(resource.kind, object.metadata.name);
  }
  await resource.rules.afterDelete?.(server, gone);
  return { object: gone, deleted: true };
}

/** What a delete request makes of an object. */
class Deletion {
  readonly #server: Server;
  readonly #resource: ServedResource;
  readonly #name: string;
  readonly #options: DeleteRequest;

  constructor(server: Server, resource: ServedResource, name: string, options: DeleteRequest) {
    this.#server = server;
    this.#resource = resource;
    this.#name = name;
    this.#options = options;
  }

  /** The object with what deletion leaves to be done written into it; undefined: nothing to write. */
  mark(current: Stored): Stored | undefined {
    this.checkPreconditions(current);
    if (this.#resource.kind === NAMESPACE) return this.#markNamespace(current);
    const pending =
      current.metadata.deletionTimestamp !== undefined && current.metadata.deletionGracePeriodSeconds !== undefined;
    const graceful = this.#resource.rules.gracePeriod !== undefined;
    if (graceful && pending) return this.#shorten(current);
    const finalizers = this.#finalizers(current);
    const withFinalizers = sameSet(finalizers, current.metadata.finalizers ?? [])
      ? current
      : withMetadata(current, { finalizers: finalizers.length === 0 ? undefined : finalizers });
    if (graceful && current.metadata.deletionTimestamp === undefined) return this.#markGraceful(withFinalizers);
    if (finalizers.length === 0) return withFinalizers === current ? undefined : withFinalizers;
    return this.#markDeleting(withFinalizers);
  }

  /** Something has to happen before the object may go. */
  keeps(object: Stored): boolean {
    if ((object.metadata.finalizers ?? []).length > 0) return true;
    if (this.#resource.kind === NAMESPACE) {
      return (asNamespace(object).spec?.finalizers ?? []).length > 0;
    }
    return this.#resource.rules.gracePeriod !== undefined && (object.metadata.deletionGracePeriodSeconds ?? 0) > 0;
  }

  checkPreconditions(current: Stored): void {
    const { uid, resourceVersion } = this.#options;
    const { kind } = this.#resource;
    const fail = (text: string): never => {
      throw conflict({ group: kind.group, plural: kind.kind }, this.#name, text);
    };
    if (uid !== undefined && uid !== current.metadata.uid) {
      fail(
        `the UID in the precondition (${uid}) does not match the UID in record (${current.metadata.uid ?? ''}). The object might have been deleted and then recreated`,
      );
    }
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
      fail(
        `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${current.metadata.resourceVersion ?? ''}). The object might have been modified`,
      );
    }
  }

  /** A grace period that runs may only become shorter. */
  #shorten(current: Stored): Stored | undefined {
    const asked = this.#options.gracePeriodSeconds;
    const running = current.metadata.deletionGracePeriodSeconds ?? 0;
    if (asked === undefined) return undefined;
    const period = asked < 0 ? 1 : asked;
    if (period >= running) return undefined;
    const until = parseTime(current.metadata.deletionTimestamp ?? '') ?? this.#server.env.now();
    return withMetadata(current, {
      deletionTimestamp: formatTime(until - (running - period) * SECOND),
      deletionGracePeriodSeconds: period,
    });
  }

  #markGraceful(current: Stored): Stored {
    const asked = this.#options.gracePeriodSeconds;
    const period = this.#resource.rules.gracePeriod?.(current, asked === undefined || asked >= 0 ? asked : 1) ?? 0;
    return withMetadata(current, {
      deletionTimestamp: formatTime(this.#server.env.now() + period * SECOND),
      deletionGracePeriodSeconds: period,
      ...nextGeneration(current),
    });
  }

  #markDeleting(current: Stored): Stored {
    const { deletionTimestamp } = current.metadata;
    if (deletionTimestamp !== undefined) return withMetadata(current, { deletionGracePeriodSeconds: 0 });
    return withMetadata(current, {
      deletionTimestamp: formatTime(this.#server.env.now()),
      deletionGracePeriodSeconds: 0,
      ...nextGeneration(current),
    });
  }

  #markNamespace(current: Stored): Stored | undefined {
    if (current.metadata.deletionTimestamp !== undefined) return undefined;
    const namespace = asNamespace(current);
    const finalizers = this.#finalizers(current);
    const marked = withMetadata(current, {
      deletionTimestamp: formatTime(this.#server.env.now()),
      finalizers: finalizers.length === 0 ? undefined : finalizers,
    });
    return { ...marked, status: { ...namespace.status, phase: 'Terminating' } } as Stored;
  }

  /** Models deletionFinalizersForGarbageCollection. */
  #finalizers(current: Stored): readonly string[] {
    const existing = current.metadata.finalizers ?? [];
    if (!this.#resource.rules.garbageCollected) return existing;
    const others = existing.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
    const { orphanDependents, propagationPolicy } = this.#options;
    const explicit = orphanDependents !== undefined || propagationPolicy !== undefined;
    const orphan = explicit ? orphanDependents === true || propagationPolicy === 'Orphan' : existing.includes(ORPHAN);
    const foreground = explicit ? propagationPolicy === 'Foreground' : !orphan && existing.includes(FOREGROUND);
    const wanted = [...others, ...(orphan ? [ORPHAN] : []), ...(foreground ? [FOREGROUND] : [])];
    return sameSet(wanted, existing) ? existing : wanted;
  }
}

function nextGeneration(current: Stored): { generation?: number } {
  const { generation = 0 } = current.metadata;
  return generation > 0 ? { generation: generation + 1 } : {};
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}

export async function handleDeleteCollection(
  server: Server,
  ctx: RequestContext,
  resource: ServedResource,
): Promise<void> {
  const selection = listOptions(ctx.query, resource.kind, false);
  const options = deleteOptions(ctx.exchange.request.body, ctx.query);
  const found = await listObjects(server, resource, ctx.info.namespace, selection);
  const items: KubeObject[] = [];
  for (const object of found.items) {
    const { namespace = '', name } = object.metadata;
    try {
      const outcome = await deleteObject(server, ctx, resource, namespace, name, options);
      items.push(resource.toServed(withResourceVersion(outcome.object, revisionOf(object))));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  respondText(ctx, 200, listText(resource, items, { resourceVersion: String(found.revision) }));
}
