// get and list. Models apiserver/pkg/endpoints/handlers/get.go and storage/cacher.
import type { KubeObject } from '../../../api/types.gen.ts';
import type { RequestContext } from '../context.ts';
import type { ListRequest } from '../list-options.ts';
import type { ServedResource, Server } from '../server.ts';
import type { ContinueToken } from '../storage/continue-token.ts';
import type { Stored } from '../storage/objects.ts';
import { requiredValue } from '../../../api/field-selector.ts';
import { apiVersionOf, keyOf, prefixOf } from '../../../api/scheme.ts';
import { ApiError, badRequest, expired, notFound } from '../../../api/status.ts';
import { itemText } from '../encode.ts';
import { listOptions, revisionOfText } from '../list-options.ts';
import { respondObject, respondText } from '../respond.ts';
import { decodeContinue, encodeContinue } from '../storage/continue-token.ts';
import { CONTINUE_EXPIRED, isCompacted, tooLargeResourceVersion } from '../storage/errors.ts';
import { decodeStored } from '../storage/objects.ts';
import { rangeEndOf } from '../storage/range-end.ts';
import { partialListText, partialText, tableText } from '../tables/forms.ts';
import { filterOf } from './selection.ts';

export async function handleGet(server: Server, ctx: RequestContext, resource: ServedResource): Promise<void> {
  const { namespace, name } = ctx.info;
  const object = resource.toServed(
    await getObject(server, resource, namespace, name, ctx.query.get('resourceVersion') ?? ''),
  );
  respondForm(server, ctx, resource, 200, object);
}

/** One object in the form asked for. */
export function respondForm(
  server: Server,
  ctx: RequestContext,
  resource: ServedResource,
  status: number,
  object: KubeObject,
): void {
  if (ctx.accepted.form === 'table') {
    const { resourceVersion } = object.metadata;
    respondText(
      ctx,
      status,
      tableText(server, ctx, resource, [object], { ...(resourceVersion === undefined ? {} : { resourceVersion }) }),
    );
  } else if (ctx.accepted.form === 'partial') respondText(ctx, status, partialText(object));
  else respondObject(ctx, status, object);
}

/** The stored object, by quorum; from the cache when a resourceVersion allows that. Throws NotFound. */
export async function getObject(
  server: Server,
  resource: ServedResource,
  namespace: string,
  name: string,
  resourceVersion = '',
): Promise<Stored> {
  const key = keyOf(resource.kind, namespace, name);
  const { cache } = resource;
  let object: Stored | undefined;
  if (resourceVersion === '') object = await server.store.get(key, cache.get(key));
  else {
    const revision = revisionOfText(resourceVersion);
    if (!(await cache.fresh(revision))) throw tooLargeResourceVersion(revision, cache.revision);
    object = cache.get(key);
  }
  if (object === undefined) throw notFound(resource.kind, name);
  return object;
}

export interface ListResult {
  readonly items: readonly Stored[];
  readonly revision: number;
  readonly continue?: string;
  readonly remaining?: number;
}

export async function handleList(server: Server, ctx: RequestContext, resource: ServedResource): Promise<void> {
  const options = listOptions(ctx.query, resource.kind, false);
  const result = await listObjects(server, resource, ctx.info.namespace, options);
  const metadata = {
    resourceVersion: String(result.revision),
    ...(result.continue === undefined ? {} : { continue: result.continue }),
    ...(result.remaining === undefined ? {} : { remainingItemCount: result.remaining }),
  };
  const items = result.items.map((item) => resource.toServed(item));
  if (ctx.accepted.form === 'table') respondText(ctx, 200, tableText(server, ctx, resource, items, metadata));
  else if (ctx.accepted.form === 'partial') respondText(ctx, 200, partialListText(items, metadata));
  else respondText(ctx, 200, listText(resource, items, metadata));
}

export function listText(resource: ServedResource, items: readonly KubeObject[], metadata: object): string {
  const { kind } = resource;
  const head = `{"kind":"${kind.kind}List","apiVersion":"${apiVersionOf(kind)}","metadata":${JSON.stringify(metadata)},"items":[`;
  return `${head}${items.map(itemText).join(',')}]}`;
}

export async function listObjects(
  server: Server,
  resource: ServedResource,
  namespace: string,
  options: ListRequest,
): Promise<ListResult> {
  const prefix = prefixOf(resource.kind, namespace);
  const revision = revisionOfText(options.resourceVersion);
  if (options.continue !== '') {
    if (options.resourceVersion !== '' && options.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    return continueList(server, resource, prefix, options);
  }
  const exact = options.match === 'Exact' || (options.match === '' && options.limit > 0 && revision > 0);
  if (exact) {
    if (revision > 0) await awaitFreshness(server, resource, options.resourceVersion);
    return listAt(server, resource, prefix, options, { revision, from: prefix });
  }
  if (options.resourceVersion === '') {
    const { cache } = resource;
    const latest = await server.store.currentRevision(cache.prefix);
    // Nothing is wrong with etcd when the cache's watch has stalled. Models CacheDelegator.GetList, which goes around it.
    if (!(await cache.fresh(latest)))
      return listAt(server, resource, prefix, options, { revision: latest, from: prefix });
  } else await awaitFreshness(server, resource, options.resourceVersion);
  return listFromCache(resource, prefix, options);
}

/** Makes the cache at least as new as the request demands; without a resourceVersion, as new as etcd is now. */
export async function awaitFreshness(server: Server, resource: ServedResource, resourceVersion: string): Promise<void> {
  const { cache } = resource;
  const revision =
    resourceVersion === '' ? await server.store.currentRevision(cache.prefix) : revisionOfText(resourceVersion);
  if (!(await cache.fresh(revision))) throw tooLargeResourceVersion(revision, cache.revision);
}

function listFromCache(resource: ServedResource, prefix: string, options: ListRequest): ListResult {
  const { cache } = resource;
  const { revision } = cache;
  const filter = filterOf(resource, options.labels, options.fields);
  const limit = options.resourceVersion === '0' ? 0 : options.limit;
  const items: Stored[] = [];
  for (const [, object] of candidates(resource, prefix, options)) {
    if (filter !== undefined && !filter(object)) continue;
    items.push(object);
    if (limit > 0 && items.length >= limit) break;
  }
  if (limit === 0 || items.length < limit) return { items, revision };
  return { items, revision, ...whatRemains(resource, prefix, items, revision, filter === undefined) };
}

/** A selector by name needs no scan. */
function* candidates(
  resource: ServedResource,
  prefix: string,
  options: ListRequest,
): IterableIterator<[string, Stored]> {
  const name = requiredValue(options.fields, 'metadata.name');
  if (name !== undefined && (!resource.kind.namespaced || prefix !== resource.kind.storagePrefix)) {
    const object = resource.cache.get(prefix + name);
    if (object !== undefined) yield [prefix + name, object];
    return;
  }
  yield* resource.cache.range(prefix);
}

function whatRemains(
  resource: ServedResource,
  prefix: string,
  items: readonly Stored[],
  revision: number,
  countable: boolean,
): { continue?: string; remaining?: number } {
  const last = items.at(-1);
  if (last === undefined) return {};
  const next = `${keyOf(resource.kind, last.metadata.namespace, last.metadata.name)}\0`;
  const first = resource.cache.range(prefix, next).next();
  if (first.done === true) return {};
  const token = encodeContinue(next, prefix, revision);
  return countable ? { continue: token, remaining: resource.cache.count(prefix, next) } : { continue: token };
}

async function continueList(
  server: Server,
  resource: ServedResource,
  prefix: string,
  options: ListRequest,
): Promise<ListResult> {
  const token = decodeContinue(options.continue, prefix);
  if (token.revision < 0) {
    const revision = await server.store.currentRevision(prefix);
    return listAt(server, resource, prefix, options, { revision, from: token.from });
  }
  try {
    return await listAt(server, resource, prefix, options, token);
  } catch (error) {
    if (!isCompacted(error)) throw error;
    const again = { continue: encodeContinue(token.from, prefix, -1) };
    throw new ApiError({ ...expired(CONTINUE_EXPIRED).status, metadata: again });
  }
}

/** Straight from etcd, as it was at a revision. */
async function listAt(
  server: Server,
  resource: ServedResource,
  prefix: string,
  options: ListRequest,
  start: ContinueToken,
): Promise<ListResult> {
  const filter = filterOf(resource, options.labels, options.fields);
  const items: Stored[] = [];
  let from = start.from;
  for (;;) {
    const page = await server.etcd.range({
      key: from,
      rangeEnd: rangeEndOf(prefix),
      revision: start.revision,
      ...(options.limit > 0 ? { limit: options.limit } : {}),
    });
    let seen = 0;
    for (const kv of page.kvs) {
      seen++;
      from = `${kv.key}\0`;
      const object = decodeStored(kv);
      if (filter !== undefined && !filter(object)) continue;
      items.push(object);
      if (options.limit > 0 && items.length >= options.limit) break;
    }
    const remaining = page.count - seen;
    if (remaining <= 0) return { items, revision: start.revision };
    if (options.limit > 0 && items.length >= options.limit) {
      const token = encodeContinue(from, prefix, start.revision);
      return { items, revision: start.revision, continue: token, ...(filter === undefined ? { remaining } : {}) };
    }
  }
}
