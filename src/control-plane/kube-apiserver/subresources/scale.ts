// Models pkg/registry/apps/*/storage: ScaleREST.
import type { Deployment, KubeObject, ReplicaSet, Scale } from '../../../api/types.gen.ts';
import type { RequestContext } from '../context.ts';
import type { Handler } from '../handle.ts';
import type { ServedResource, Server } from '../server.ts';
import { formatSelector, labelSelector } from '../../../api/selector.ts';
import { badRequest, conflict, invalid } from '../../../api/status.ts';
import { decodeRequestBody } from '../decode.ts';
import { readPatch } from '../handlers/patch.ts';
import { getObject } from '../handlers/read.ts';
import { checkName, updateObject } from '../handlers/update.ts';
import { writeOptions } from '../request-options.ts';
import { respondObject } from '../respond.ts';
import { withMetadata } from '../storage/objects.ts';

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale', type: 'Scale' };

export const handleScaleGet: Handler = async (server, ctx, resource) => {
  const { namespace, name } = ctx.info;
  respondObject(ctx, 200, scaleOf(await getObject(server, resource, namespace, name)));
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
      const scale = wanted(scaleOf(current));
      const replicas = scale.spec?.replicas ?? 0;
      checkReplicas(name, replicas);
      const uid = scale.metadata.uid ?? '';
      if (uid !== '' && uid !== current.metadata.uid) {
        throw conflict(
          resource.kind,
          name,
          `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid ?? ''}`,
        );
      }
      const { resourceVersion } = scale.metadata;
      return withReplicas(withMetadata(current, { resourceVersion: resourceVersion ?? '' }), replicas);
    },
  });
  respondObject(ctx, 200, scaleOf(outcome.object));
}

function checkReplicas(name: string, replicas: number): void {
  if (replicas >= 0) return;
  throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
    {
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
      field: 'spec.replicas',
    },
  ]);
}

/** Only kinds with replicas and a selector have this sub-resource. */
function asScalable(object: KubeObject): Deployment | ReplicaSet {
  return object as Deployment | ReplicaSet;
}

function asScale(object: KubeObject): Scale & KubeObject {
  return object as Scale & KubeObject;
}

function withReplicas(object: KubeObject, replicas: number): KubeObject {
  return { ...object, spec: { ...asScalable(object).spec, replicas } } as KubeObject;
}

function scaleOf(object: KubeObject): Scale & KubeObject {
  const { metadata, spec, status } = asScalable(object);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = formatSelector(labelSelector(spec?.selector));
  return asScale({
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: (spec?.replicas ?? 0) === 0 ? {} : { replicas: spec?.replicas ?? 0 },
    status: { replicas: status?.replicas ?? 0, ...(selector === '<none>' ? {} : { selector }) },
  } as unknown as KubeObject);
}
