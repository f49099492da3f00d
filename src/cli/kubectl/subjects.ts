import type { Context } from './command.ts';
import { CliError } from './errors.ts';
import type { Obj } from './server.ts';

/** Whom --user, --group and --serviceaccount name, as subjects of a binding. */
export function subjectsOf(context: Context): Obj[] {
  const apiGroup = 'rbac.authorization.k8s.io';
  const named = (flag: string, kind: string): Obj[] =>
    context.flags.list(flag).map((name) => ({ kind, apiGroup, name }));
  const accounts = context.flags.list('serviceaccount').map((text) => {
    const [namespace = '', name = '', ...more] = text.split(':');
    if (namespace === '' || name === '' || more.length > 0)
      throw new CliError('serviceaccount must be <namespace>:<name>');
    return { kind: 'ServiceAccount', name, namespace };
  });
  return [...named('user', 'User'), ...named('group', 'Group'), ...accounts];
}
