import { CliError } from './errors.ts';
import { list, record } from './object.ts';
import type { Target } from './selection.ts';
import type { Obj } from './server.ts';

/** Where the pod's spec is in an object: in the pod itself, or in the template that pods are made from. */
export function templatePath(object: Obj, { resource, name }: Pick<Target, 'resource' | 'name'>): readonly string[] {
  const path =
    resource.kind === 'Pod'
      ? ['spec']
      : resource.kind === 'CronJob'
        ? ['spec', 'jobTemplate', 'spec', 'template', 'spec']
        : ['spec', 'template', 'spec'];
  if (list(record(object, ...path), 'containers').length === 0)
    throw new CliError(
      `${resource.plural}/${name} the object is not a pod or does not have a pod template: *v1.${resource.kind}`,
    );
  return path;
}
