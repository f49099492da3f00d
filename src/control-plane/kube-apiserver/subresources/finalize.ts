// Models pkg/registry/core/namespace: the finalize sub-resource changes spec.finalizers and nothing else.
import type { Handler } from '../handle.ts';
import { NAMESPACE } from '../../../api/kinds/index.ts';
import { decodeRequestBody } from '../decode.ts';
import { respondForm } from '../handlers/read.ts';
import { checkName, updateObject } from '../handlers/update.ts';
import { writeOptions } from '../request-options.ts';
import { asNamespace } from '../resources/namespace.ts';
import { withMember } from '../storage/objects.ts';

export const handleFinalize: Handler = async (server, ctx, resource) => {
  const { name } = ctx.info;
  const { dryRun, fieldValidation } = writeOptions('UpdateOptions', ctx.query);
  const object = decodeRequestBody(ctx, NAMESPACE, fieldValidation);
  checkName(object, name);
  const { finalizers } = asNamespace(object).spec ?? {};
  const outcome = await updateObject(server, ctx, resource, {
    namespace: '',
    name,
    subresource: 'finalize',
    dryRun,
    mayCreate: false,
    uid: object.metadata.uid,
    transform: () =>
      withMember(object, 'spec', finalizers === undefined || finalizers.length === 0 ? {} : { finalizers }),
  });
  respondForm(server, ctx, resource, 200, outcome.object);
};
