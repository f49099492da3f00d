import type { Command } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { changeObjects, modifyFlags } from '../../modify.ts';
import { deepEqual } from '../../../../lib/json.ts';
import { list, withValue } from '../../object.ts';
import { subjectsOf } from '../../subjects.ts';
import { SUBJECT_FLAGS } from '../create/role-binding.ts';

export const setSubject: Command = {
  name: 'subject',
  short: 'Update the user, group, or service account in a role binding or cluster role binding',
  usage:
    '(-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  examples: ['kubectl set subject clusterrolebinding admins --user=ann --group=ops'],
  flags: [...modifyFlags('kubectl-set').filter(({ name }) => name !== 'field-selector'), ...SUBJECT_FLAGS],
  async run(context) {
    const added = subjectsOf(context);
    const options = {
      files: true,
      args: context.args,
      selector: context.flags.string('selector'),
      all: context.flags.bool('all'),
      typed: true,
      whole: true,
    };
    await changeObjects(context, options, 'merge', (object, { resource, name }) => {
      if (!['RoleBinding', 'ClusterRoleBinding'].includes(resource.kind))
        throw new CliError(
          `${resource.plural}/${name} setting subjects is only supported for RoleBinding/ClusterRoleBinding`,
        );
      if (added.length === 0)
        throw new CliError('you must specify at least one value of user, group or serviceaccount');
      const before = list(object, 'subjects');
      const fresh = added.filter((each) => !before.some((known) => deepEqual(known, each)));
      if (fresh.length === 0) return undefined;
      return { object: withValue(object, ['subjects'], [...before, ...fresh]), operation: 'subjects updated' };
    });
  },
};
