// Models pkg/registry/apps/*/storage: ScaleREST.
import type { Deployment, KubeObject, ReplicaSet, Scale } from '../../../api/types.gen.ts';
import type { RequestContext } from '../context.ts';
import type { Handler } from '../handle.ts';
import type { ServedResource, Server } from '../server.ts';
import { scaleOf, withReplicas } from '../../../api/scale.ts';
import { badRequest, conflict } from '../../../api/status.ts';
import { asInvalid } from '../../../api/strategy/index.ts';
import { validateScale } from '../../../api/validation/workloads.ts';
import { decodeRequestBody } from '../decode.ts';
import { reject } from '../handlers/create.ts';
import { readPatch } from '../handlers/patch.ts';
import { getObject } from '../handlers/read.ts';
import { checkName, updateObject } from '../handlers/update.ts';
import { writeOptions } from '../request-options.ts';
import { respondObject } from '../respond.ts';
import { withMetadata } from '../storage/objects.ts';

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale', type: 'Scale' };

export const handleScaleGet: Handler = async (server, ctx, resource) => {
  const { namespace, name } = ctx.info;
  respondObject(ctx, 200, scaleFor(await getObject(server, resource, namespace, name)));
};

export const handleScaleUpdate: Handler = async (server, ctx, resource) => {
  const { dryRun, fieldValidation } = writeOptions('UpdateOptions', ctx.query);
  const scale = asScale(decodeRequestBody(ctx, SCALE, fieldValidation));
  checkName(scale, ctx.info.name);
  const said = scale.metadata.namespace ?? '';
  if (said !== '' && said !== ctx.info.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  await rescale(server, ctx, resource, dryRun, () => scale);
};

export const handleScalePatch: Handler = async (server, ctx, resource) => {
  const { patcher, dryRun } = readPatch(ctx, SCALE);
  await rescale(server, ctx, resource, dryRun, (current) => asScale(patcher(current)));
};

async function rescale(
  server: Server,
  ctx: RequestContext,
  resource: ServedResource,
  dryRun: boolean,
  wanted: (current: Scale) => Scale,
): Promise<void> {
  const { namespace, name } = ctx.info;
  const outcome = await updateObject(server, ctx, resource, {
    namespace,
    name,
    subresource: 'scale',
    dryRun,
    mayCreate: false,
    transform(current) {
      if (current === undefined) throw badRequest('nothing to scale');
      const scale = wanted(scaleFor(current));
      reject(asInvalid(SCALE, scale, validateScale(scale)));
      const uid = scale.metadata.uid ?? '';
      if (uid !== '' && uid !== current.metadata.uid) {
        throw conflict(
          resource.kind,
          name,
          `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid ?? ''}`,
        );
      }
      const { resourceVersion } = scale.metadata;
      return withReplicas(asScalable(withMetadata(current, { resourceVersion: resourceVersion ?? '' })), scale);
    },
  });
  respondObject(ctx, 200, scaleFor(outcome.object));
}

/** Only kinds with replicas and a selector have this sub-resource. */
function asScalable(object: KubeObject): Deployment | ReplicaSet {
  return object as Deployment | ReplicaSet;
}

function asScale(object: object): Scale & KubeObject {
  return object as Scale & KubeObject;
}

function scaleFor(object: KubeObject): Scale & KubeObject {
  return asScale(scaleOf(asScalable(object)));
}
