import type { Command, Context } from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { FlagSpec } from '../../flags.ts';
import { createGenerated, generatorFlags, oneName } from '../../generate.ts';
import { subjectsOf } from '../../subjects.ts';

const GROUP = 'rbac.authorization.k8s.io';

export const SUBJECT_FLAGS: readonly FlagSpec[] = [
  { name: 'user', type: 'array', usage: 'User to bind; can be repeated.' },
  { name: 'group', type: 'array', usage: 'Group to bind; can be repeated.' },
  { name: 'serviceaccount', type: 'array', usage: 'Service account to bind, as namespace:name; can be repeated.' },
];

export const createRoleBinding: Command = {
  name: 'rolebinding',
  short: 'Create a role binding for a particular role or cluster role',
  usage:
    'NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  examples: ['kubectl create rolebinding readers --role=pod-reader --user=ann'],
  flags: [
    ...generatorFlags('kubectl-create'),
    ...SUBJECT_FLAGS,
    { name: 'clusterrole', type: 'string', usage: 'Cluster role to bind to.' },
    { name: 'role', type: 'string', usage: 'Role to bind to.' },
  ],
  async run(context) {
    const name = oneName(context);
    const [role, clusterRole] = [context.flags.string('role'), context.flags.string('clusterrole')];
    if ((role === '') === (clusterRole === ''))
      throw new CliError('exactly one of clusterrole or role must be specified');
    const [kind, target] = role === '' ? ['ClusterRole', clusterRole] : ['Role', role];
    await createGenerated(context, binding(context, 'RoleBinding', name, kind, target), 'rolebinding');
  },
};

export const createClusterRoleBinding: Command = {
  name: 'clusterrolebinding',
  short: 'Create a cluster role binding for a particular cluster role',
  usage:
    'NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  examples: ['kubectl create clusterrolebinding admins --clusterrole=cluster-admin --group=ops'],
  flags: [
    ...generatorFlags('kubectl-create'),
    ...SUBJECT_FLAGS,
    { name: 'clusterrole', type: 'string', required: true, usage: 'Cluster role to bind to.' },
  ],
  async run(context) {
    const name = oneName(context);
    const object = binding(context, 'ClusterRoleBinding', name, 'ClusterRole', context.flags.string('clusterrole'));
    await createGenerated(context, object, 'clusterrolebinding');
  },
};

function binding(context: Context, kind: string, name: string, roleKind: string, role: string) {
  const subjects = subjectsOf(context);
  return {
    kind,
    apiVersion: `${GROUP}/v1`,
    metadata: { name },
    ...(subjects.length === 0 ? {} : { subjects }),
    roleRef: { apiGroup: GROUP, kind: roleKind, name: role },
  };
}
