// Models pkg/registry/core/pod/storage/eviction.go.
import type { Eviction, KubeObject, Pod } from '../../../api/types.gen.ts';
import type { DeleteRequest } from '../request-options.ts';
import type { Handler } from '../handle.ts';
import { withCondition } from '../../../api/conditions.ts';
import { isPodTerminal } from '../../../api/pods.ts';
import { keyOf } from '../../../api/scheme.ts';
import { badRequest, notFound } from '../../../api/status.ts';
import { isObject } from '../../../lib/json.ts';
import { formatTime } from '../../../lib/time.ts';
import { decodeRequestBody } from '../decode.ts';
import { deleteObject } from '../handlers/delete.ts';
import { deleteOptions, writeOptions } from '../request-options.ts';
import { asPod } from '../resources/pod.ts';
import { respondStatus } from '../respond.ts';
import { EMPTY_SUCCESS } from './success.ts';

const EVICTION = { group: 'policy', version: 'v1', kind: 'Eviction', type: 'Eviction' };

export const handleEviction: Handler = async (server, ctx, resource) => {
  const { namespace, name } = ctx.info;
  const { dryRun, fieldValidation } = writeOptions('CreateOptions', ctx.query);
  const eviction = asEviction(decodeRequestBody(ctx, EVICTION, fieldValidation));
  if (eviction.metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object');
  const key = keyOf(resource.kind, namespace, name);
  const current = await server.store.get(key, resource.cache.get(key));
  if (current === undefined) throw notFound(resource.kind, name);
  const options = optionsOf(eviction, dryRun);
  const pod = asPod(current);
  // Models PodDisruptionConditions: why it goes is written down before it goes.
  if (!options.dryRun && !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined) {
    await server.store.update(key, current, (latest) => {
      if (latest === undefined) throw notFound(resource.kind, name);
      return disrupted(asPod(latest), formatTime(server.env.now()));
    });
  }
  await deleteObject(server, ctx, resource, namespace, name, options);
  respondStatus(ctx, 201, EMPTY_SUCCESS);
};

function asEviction(object: KubeObject): Eviction {
  return object as Eviction;
}

function optionsOf(eviction: Eviction, dryRun: boolean): DeleteRequest {
  const given: unknown = eviction.deleteOptions;
  const options = deleteOptions(isObject(given) ? JSON.stringify(given) : '', new URLSearchParams());
  return { ...options, dryRun: options.dryRun || dryRun };
}

function disrupted(pod: Pod, now: string): Pod {
  const conditions = withCondition(pod.status?.conditions, {
    type: 'DisruptionTarget',
    status: 'True',
    lastTransitionTime: now,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  });
  return { ...pod, status: { ...pod.status, conditions } } as Pod;
}
