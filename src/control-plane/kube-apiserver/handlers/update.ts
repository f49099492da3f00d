// Models apiserver/pkg/endpoints/handlers/update.go and registry/generic/registry/store.go Update.
import type { KubeObject } from '../../../api/types.gen.ts';
import type { RequestContext, WriteContext } from '../context.ts';
import type { ServedResource, Server } from '../server.ts';
import type { Stored } from '../storage/objects.ts';
import type { Reservation } from '../resources/rules.ts';
import { trackUpdate } from '../../../api/managed-fields/managers.ts';
import { keyOf } from '../../../api/scheme.ts';
import { specChanged } from '../../../api/strategy/strategy.ts';
import { prepareForCreate, validateCreate, withDefaults } from '../../../api/strategy/index.ts';
import { groupResource } from '../../../api/group-names.ts';
import { ApiError, badRequest, conflict, invalid, notFound } from '../../../api/status.ts';
import { warningsFor } from '../../../api/warnings.ts';
import { formatTime } from '../../../lib/time.ts';
import { admit, checkAdmission } from '../admission/admission.ts';
import { decodeRequestBody } from '../decode.ts';
import { writeOptions } from '../request-options.ts';
import { preconditionFailed } from '../storage/errors.ts';
import { withMetadata, withResourceVersion } from '../storage/objects.ts';
import { revisionOf } from '../storage/store.ts';
import { newUid } from '../uid.ts';
import type { ManagedFields } from './create.ts';
import { EVENTS, inNamespace, reject } from './create.ts';
import { respondForm } from './read.ts';
import { rulesOfUpdate } from './update-rules.ts';

export interface UpdatePlan {
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly dryRun: boolean;
  /** May create what does not exist. */
  readonly mayCreate: boolean;
  /** The uid that the object must have, if the request names one. */
  readonly uid?: string | undefined;
  /** `transform` says who owns what, in the object's managedFields. */
  readonly tracked?: boolean;
  /** What the object should become (in the served version). */
  transform(current: KubeObject | undefined): Promise<KubeObject> | KubeObject;
}

export async function handleUpdate(server: Server, ctx: RequestContext, resource: ServedResource): Promise<void> {
  const { namespace, name, subresource } = ctx.info;
  const options = writeOptions('UpdateOptions', ctx.query);
  const decoded = decodeRequestBody(ctx, resource.kind, options.fieldValidation);
  const object = inNamespace(resource, namespace, decoded);
  checkName(object, name);
  const outcome = await updateObject(server, ctx, resource, {
    namespace,
    name,
    subresource,
    dryRun: options.dryRun,
    mayCreate: resource.kind.createOnUpdate && subresource === '',
    uid: object.metadata.uid,
    transform: () => withDefaults(resource.kind, object),
  });
  respondForm(server, ctx, resource, outcome.created ? 201 : 200, resource.toServed(outcome.object));
}

/** An object without a name takes that of the URL; another name is an error. */
export function checkName(object: KubeObject, name: string): void {
  const said = object.metadata.name ?? '';
  if (said === '') throw badRequest('name must be provided');
  if (said !== name) throw badRequest(`the name of the object (${said}) does not match the name on the URL (${name})`);
}

/** Thrown inside an update whose outcome is that nothing keeps the object any more. */
class NothingKeepsIt extends Error {
  readonly object: KubeObject;
  constructor(object: KubeObject) {
    super('the object is to be deleted');
    this.object = object;
  }
}

export async function updateObject(
  server: Server,
  ctx: WriteContext,
  resource: ServedResource,
  plan: UpdatePlan,
): Promise<{ readonly object: Stored; readonly created: boolean }> {
  const { kind } = resource;
  const key = keyOf(kind, plan.namespace, plan.name);
  const update = new Update(server, ctx, resource, plan, key);
  if (plan.dryRun) return update.dryRun();
  const lease = kind.storagePrefix === EVENTS ? await server.eventLeases.next() : undefined;
  for (;;) {
    try {
      const outcome = await server.store.update(key, resource.cache.get(key), (current) => update.next(current), lease);
      update.reservation?.commit();
      return outcome;
    } catch (error) {
      if (error instanceof NothingKeepsIt) {
        const deleted = await deleteUnkept(server, resource, key, error.object);
        if (deleted !== undefined) return { object: deleted, created: false };
        continue;
      }
      if (error instanceof ApiError) await update.giveBack();
      throw error;
    }
  }
}

/** Undefined: the object changed meanwhile, so the update has to be tried again. */
async function deleteUnkept(
  server: Server,
  resource: ServedResource,
  key: string,
  object: KubeObject,
): Promise<Stored | undefined> {
  const changed = conflict(resource.kind, object.metadata.name);
  try {
    const deleted = await server.store.delete(key, undefined, (current) => {
      if (revisionOf(current) !== revisionOf(object)) throw changed;
    });
    if (deleted === undefined) throw notFound(resource.kind, object.metadata.name);
    await resource.rules.afterDelete?.(server, deleted);
    return withResourceVersion(object, revisionOf(deleted));
  } catch (error) {
    if (error === changed) return undefined;
    throw error;
  }
}

function withManagedFields(object: KubeObject, managedFields: ManagedFields): KubeObject {
  return managedFields.length === 0 ? object : withMetadata(object, { managedFields });
}

class Update {
  reservation: Reservation | undefined;
  readonly #server: Server;
  readonly #ctx: WriteContext;
  readonly #resource: ServedResource;
  readonly #plan: UpdatePlan;
  readonly #key: string;
  #warned = false;

  constructor(server: Server, ctx: WriteContext, resource: ServedResource, plan: UpdatePlan, key: string) {
    this.#server = server;
    this.#ctx = ctx;
    this.#resource = resource;
    this.#plan = plan;
    this.#key = key;
  }

  async dryRun(): Promise<{ readonly object: Stored; readonly created: boolean }> {
    const current = await this.#server.store.get(this.#key, this.#resource.cache.get(this.#key));
    try {
      const next = await this.next(current);
      const object = current === undefined ? next : withResourceVersion(next, revisionOf(current));
      return { object, created: current === undefined };
    } catch (error) {
      if (error instanceof NothingKeepsIt) return { object: error.object, created: false };
      throw error;
    }
  }

  /** What is to be stored instead of `stored`. Called again when that turns out to be old. */
  async next(stored: Stored | undefined): Promise<KubeObject> {
    await this.giveBack();
    const { kind } = this.#resource;
    const { name, mayCreate } = this.#plan;
    if (stored === undefined) {
      if (!mayCreate) throw notFound(kind, name);
      return this.#create();
    }
    const current = this.#resource.toServed(stored);
    this.#checkUid(current);
    const wanted = await this.#plan.transform(current);
    if (wanted === current) return stored;
    const managedFields = this.#track(current, wanted);
    const untracked = withMetadata(wanted, { managedFields: undefined });
    const admitted = await admit(this.#server, this.#attributes('UPDATE'), untracked, current);
    this.#authorize(admitted, current);
    this.#checkVersion(admitted, current);
    const prepared = this.#prepare(admitted, current);
    const complete = await this.#reserve(prepared, current);
    reject(rulesOfUpdate(this.#plan.subresource).validate(kind, complete, current));
    if (specChanged(complete, current)) this.#warn(complete);
    await checkAdmission(this.#server, this.#attributes('UPDATE'), complete, current);
    if (this.#nothingKeeps(complete, current))
      throw new NothingKeepsIt(withResourceVersion(complete, revisionOf(current)));
    return this.#resource.toStored(withManagedFields(complete, managedFields));
  }

  async giveBack(): Promise<void> {
    const { reservation } = this;
    this.reservation = undefined;
    await reservation?.revert();
  }

  async #create(): Promise<KubeObject> {
    const { kind } = this.#resource;
    const attributes = this.#attributes('CREATE');
    const wanted = await this.#plan.transform(undefined);
    const managedFields = this.#track(undefined, wanted);
    const admitted = await admit(this.#server, attributes, withMetadata(wanted, { managedFields: undefined }));
    this.#authorize(admitted, undefined);
    const identified = withMetadata(admitted, {
      uid: newUid(this.#server.env),
      creationTimestamp: formatTime(this.#server.env.now()),
      resourceVersion: undefined,
    });
    const prepared = prepareForCreate(kind, identified);
    reject(validateCreate(kind, prepared));
    this.#warn(prepared);
    await checkAdmission(this.#server, attributes, prepared, undefined);
    return this.#resource.toStored(withManagedFields(prepared, managedFields));
  }

  #track(current: KubeObject | undefined, wanted: KubeObject): ManagedFields {
    if (this.#plan.tracked === true) return wanted.metadata.managedFields ?? [];
    const { subresource } = this.#plan;
    const now = formatTime(this.#server.env.now());
    return trackUpdate(this.#resource.kind, current, wanted, { manager: this.#ctx.manager, subresource, now });
  }

  #authorize(next: KubeObject, current: KubeObject | undefined): void {
    this.#resource.rules.authorize?.(this.#server, this.#resource, this.#ctx.user, next, current);
  }

  #attributes(operation: 'CREATE' | 'UPDATE'): Parameters<typeof admit>[1] {
    const { namespace, name, subresource, dryRun } = this.#plan;
    return { operation, kind: this.#resource.kind, subresource, namespace, name, user: this.#ctx.user, dryRun };
  }

  #checkUid(current: KubeObject): void {
    const wanted = this.#plan.uid ?? '';
    const { uid = '' } = current.metadata;
    if (wanted === '' || wanted === uid) return;
    const text = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${uid}`;
    throw preconditionFailed(this.#resource.kind, this.#plan.name, this.#key, text);
  }

  #checkVersion(next: KubeObject, current: KubeObject): void {
    const { kind, rules } = this.#resource;
    const wanted = next.metadata.resourceVersion ?? '';
    if (wanted === '' || wanted === '0') {
      if (rules.unconditionalUpdate) return;
      throw invalid({ group: kind.group, kind: groupResource({ group: '', plural: kind.plural }) }, this.#plan.name, [
        {
          reason: 'FieldValueInvalid',
          message: 'Invalid value: 0: must be specified for an update',
          field: 'metadata.resourceVersion',
        },
      ]);
    }
    if (wanted !== current.metadata.resourceVersion) throw conflict(kind, this.#plan.name);
  }

  /** What a client cannot change is what it was. Models rest.BeforeUpdate. */
  #prepare(next: KubeObject, current: KubeObject): KubeObject {
    const { kind, rules } = this.#resource;
    const kept = withMetadata(next, { resourceVersion: current.metadata.resourceVersion });
    const prepared = rulesOfUpdate(this.#plan.subresource).prepare(kind, kept, current);
    return rules.stampUpdate?.(prepared, current, formatTime(this.#server.env.now())) ?? prepared;
  }

  async #reserve(next: KubeObject, current: KubeObject): Promise<KubeObject> {
    if (this.#plan.subresource !== '') return next;
    this.reservation = await this.#resource.rules.reserveForUpdate?.(this.#server, next, current, this.#plan.dryRun);
    return this.reservation?.object ?? next;
  }

  #warn(object: KubeObject): void {
    if (this.#warned) return;
    this.#warned = true;
    for (const text of warningsFor(this.#resource.kind, object)) this.#ctx.warnings.push(text);
  }

  /** Models registry's ShouldDeleteDuringUpdate. */
  #nothingKeeps(next: KubeObject, current: KubeObject): boolean {
    if ((next.metadata.finalizers ?? []).length > 0) return false;
    if (current.metadata.deletionTimestamp === undefined) return false;
    if ((current.metadata.deletionGracePeriodSeconds ?? 0) !== 0) return false;
    return this.#resource.rules.mayDeleteDuringUpdate?.(next) ?? true;
  }
}
