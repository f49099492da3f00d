// Models pkg/registry/core/pod/storage: BindingREST.
import type { Binding, Pod } from '../../../api/types.gen.ts';
import type { KubeObject } from '../../../api/types.gen.ts';
import type { Handler } from '../handle.ts';
import { withCondition } from '../../../api/conditions.ts';
import { POD } from '../../../api/kinds/index.ts';
import { badRequest, conflict, notFound, plainError, quote } from '../../../api/status.ts';
import { formatTime } from '../../../lib/time.ts';
import { decodeRequestBody } from '../decode.ts';
import { keyOf } from '../../../api/scheme.ts';
import { writeOptions } from '../request-options.ts';
import { asPod } from '../resources/pod.ts';
import { respondStatus } from '../respond.ts';
import { withMetadata } from '../storage/objects.ts';
import { EMPTY_SUCCESS } from './success.ts';

const BINDING = { group: '', version: 'v1', kind: 'Binding', type: 'Binding' };
const RESOURCE = { group: '', plural: 'pods/binding' };

export const handleBinding: Handler = async (server, ctx, resource) => {
  const { namespace } = ctx.info;
  const options = writeOptions('CreateOptions', ctx.query);
  const binding = asBinding(decodeRequestBody(ctx, BINDING, options.fieldValidation));
  const said = binding.metadata.name ?? '';
  const name = ctx.info.name === '' ? said : ctx.info.name;
  if (said !== '' && said !== name) throw badRequest(`name in URL does not match name in Binding object`);
  checkTarget(binding);
  const key = keyOf(resource.kind, namespace, name);
  const bind = (current: KubeObject | undefined): KubeObject => {
    if (current === undefined) throw notFound(POD, name);
    return bound(asPod(current), binding, formatTime(server.env.now()));
  };
  if (options.dryRun) bind(await server.store.get(key));
  else await server.store.update(key, resource.cache.get(key), bind);
  respondStatus(ctx, 201, EMPTY_SUCCESS);
};

function asBinding(object: KubeObject): Binding {
  return object as Binding;
}

function checkTarget({ target }: Binding): void {
  const kind = target.kind ?? '';
  if (kind !== '' && kind !== 'Node') {
    throw plainError(`target.kind: Unsupported value: ${quote(kind)}: supported values: "Node", "<empty>"`);
  }
  if ((target.name ?? '') === '') throw plainError('target.name: Required value');
}

function bound(pod: Pod, { metadata, target }: Binding, now: string): Pod {
  const { name } = pod.metadata;
  const wantedUid = metadata.uid ?? '';
  if (wantedUid !== '' && wantedUid !== pod.metadata.uid) {
    throw conflict(
      RESOURCE,
      name,
      `Precondition failed: UID in precondition: ${wantedUid}, UID in object meta: ${pod.metadata.uid ?? ''}`,
    );
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(RESOURCE, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const assigned = pod.spec?.nodeName ?? '';
  if (assigned !== '') throw conflict(RESOURCE, name, `pod ${name} is already assigned to node "${assigned}"`);
  if ((pod.spec?.schedulingGates ?? []).length > 0) {
    throw conflict(RESOURCE, name, `pod ${name} has non-empty .spec.schedulingGates`);
  }
  const merged = withMetadata(pod, {
    annotations: { ...pod.metadata.annotations, ...metadata.annotations },
    labels: { ...pod.metadata.labels, ...metadata.labels },
  });
  const clean = withMetadata(merged, {
    ...(Object.keys(merged.metadata.annotations ?? {}).length === 0 ? { annotations: undefined } : {}),
    ...(Object.keys(merged.metadata.labels ?? {}).length === 0 ? { labels: undefined } : {}),
  });
  const conditions = withCondition(pod.status?.conditions, {
    type: 'PodScheduled',
    status: 'True',
    lastTransitionTime: now,
  });
  return { ...clean, spec: { ...pod.spec, nodeName: target.name ?? '' }, status: { ...pod.status, conditions } } as Pod;
}
