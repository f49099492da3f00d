// Models apiserver/pkg/endpoints/handlers/create.go and registry/generic/registry/store.go Create.
import type { KubeObject } from '../../../api/types.gen.ts';
import type { RequestContext, WriteContext } from '../context.ts';
import type { ServedResource, Server } from '../server.ts';
import type { Stored } from '../storage/objects.ts';
import { trackUpdate } from '../../../api/managed-fields/managers.ts';
import { generateName } from '../../../api/names.ts';
import { keyOf } from '../../../api/scheme.ts';
import { prepareForCreate, validateCreate, withDefaults } from '../../../api/strategy/index.ts';
import { alreadyExists, ApiError, badRequest, generateNameConflict, plainError } from '../../../api/status.ts';
import { warningsFor } from '../../../api/warnings.ts';
import { formatTime } from '../../../lib/time.ts';
import { admit, checkAdmission } from '../admission/admission.ts';
import { decodeRequestBody } from '../decode.ts';
import { writeOptions } from '../request-options.ts';
import { withMetadata } from '../storage/objects.ts';
import { newUid } from '../uid.ts';
import { respondForm } from './read.ts';

export type ManagedFields = NonNullable<KubeObject['metadata']['managedFields']>;

/** Names tried for one generateName. */
const MAX_NAMES = 8;

export async function handleCreate(server: Server, ctx: RequestContext, resource: ServedResource): Promise<void> {
  const options = writeOptions('CreateOptions', ctx.query);
  const decoded = decodeRequestBody(ctx, resource.kind, options.fieldValidation);
  const object = inNamespace(resource, ctx.info.namespace, decoded);
  const created = await createObject(server, ctx, resource, object, options.dryRun);
  respondForm(server, ctx, resource, 201, resource.toServed(created));
}

/** An object belongs into the namespace of the URL. */
export function inNamespace(resource: ServedResource, namespace: string, object: KubeObject): KubeObject {
  const said = object.metadata.namespace ?? '';
  if (!resource.kind.namespaced) {
    if (said !== '') return withMetadata(object, { namespace: undefined });
    return object;
  }
  if (said !== '' && said !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return withMetadata(object, { namespace });
}

export async function createObject(
  server: Server,
  ctx: WriteContext,
  resource: ServedResource,
  given: KubeObject,
  dryRun: boolean,
  /** Who owns what; without it the writer owns all that is given. */
  applied?: ManagedFields,
): Promise<Stored> {
  const { kind } = resource;
  const attributes = {
    operation: 'CREATE',
    kind,
    subresource: '',
    namespace: given.metadata.namespace ?? '',
    name: given.metadata.name ?? '',
    user: ctx.user,
    dryRun,
  } as const;
  const now = formatTime(server.env.now());
  const defaulted = withDefaults(kind, given);
  const managedFields =
    applied ?? trackUpdate(kind, undefined, defaulted, { manager: ctx.manager, subresource: '', now });
  const admitted = await admit(server, attributes, withMetadata(defaulted, { managedFields: undefined }));
  resource.rules.authorize?.(server, resource, ctx.user, admitted);
  const identified = withMetadata(admitted, {
    uid: newUid(server.env),
    creationTimestamp: now,
  });
  const generated = (identified.metadata.name ?? '') === '' && (identified.metadata.generateName ?? '') !== '';
  for (let attempt = 1; ; attempt++) {
    const named = generated ? withGeneratedName(server, identified) : identified;
    const stored = await createNamed(server, ctx, resource, named, managedFields, attributes, dryRun);
    if (stored !== undefined) return stored;
    if (!generated) throw await existsError(server, resource, named);
    if (attempt >= MAX_NAMES) throw generateNameConflict(kind, named.metadata.name);
  }
}

function withGeneratedName(server: Server, object: KubeObject): KubeObject {
  const name = generateName(object.metadata.generateName ?? '', (limit) => server.env.random.below(limit));
  return withMetadata(object, { name });
}

/** Undefined: the name is taken. */
async function createNamed(
  server: Server,
  ctx: Pick<RequestContext, 'warnings'>,
  resource: ServedResource,
  object: KubeObject,
  managedFields: ManagedFields,
  attributes: Parameters<typeof checkAdmission>[1],
  dryRun: boolean,
): Promise<Stored | undefined> {
  const { kind, rules } = resource;
  const plain = prepareForCreate(kind, object);
  const prepared = rules.stamp?.(plain, formatTime(server.env.now()), attributes.user) ?? plain;
  reject(validateCreate(kind, prepared));
  const reservation = await rules.reserveForCreate?.(server, prepared, dryRun);
  const complete = reservation?.object ?? prepared;
  try {
    for (const text of warningsFor(kind, complete)) ctx.warnings.push(text);
    await checkAdmission(server, { ...attributes, name: complete.metadata.name }, complete, undefined);
    const tracked = managedFields.length === 0 ? complete : withMetadata(complete, { managedFields });
    const stored = await store(server, resource, tracked, dryRun);
    if (stored === undefined) await reservation?.revert();
    else reservation?.commit();
    return stored;
  } catch (error) {
    // What happened to a write that failed without an answer is unknown: what it may hold is not given back.
    if (error instanceof ApiError) await reservation?.revert();
    throw error;
  }
}

async function store(
  server: Server,
  resource: ServedResource,
  object: KubeObject,
  dryRun: boolean,
): Promise<Stored | undefined> {
  const { kind } = resource;
  const key = keyOf(kind, object.metadata.namespace, object.metadata.name);
  const toStore = resource.toStored(object);
  if (dryRun) {
    return (await server.store.get(key, resource.cache.get(key))) === undefined ? toStore : undefined;
  }
  if ((object.metadata.resourceVersion ?? '') !== '') {
    throw plainError('resourceVersion should not be set on objects to be created');
  }
  const lease = kind.storagePrefix === EVENTS ? await server.eventLeases.next() : undefined;
  return server.store.create(key, toStore, lease);
}

/** Throws what is wrong, if anything is. */
export function reject(problem: ApiError | undefined): void {
  if (problem !== undefined) throw problem;
}

export const EVENTS = '/registry/events/';

async function existsError(server: Server, resource: ServedResource, object: KubeObject): Promise<ApiError> {
  const error = alreadyExists(resource.kind, object.metadata.name);
  const key = keyOf(resource.kind, object.metadata.namespace, object.metadata.name);
  const existing = await server.store.get(key, resource.cache.get(key));
  if (existing?.metadata.deletionTimestamp === undefined) return error;
  return new ApiError({ ...error.status, message: `object is being deleted: ${error.message}` });
}
