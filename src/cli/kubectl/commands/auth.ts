import type { Command, Context } from '../command.ts';
import { ALL_NAMESPACES_FLAG } from '../common-flags.ts';
import { CliError, ExitError } from '../errors.ts';
import { bool, record, str, strings } from '../object.ts';
import { objectPrinter, OUTPUT_FLAGS } from '../output.ts';
import { discoveryOf } from '../selection.ts';
import { GET_TABS, tabulate } from '../../text/tabwriter.ts';

const canI: Command = {
  name: 'can-i',
  short: 'Check whether an action is allowed',
  usage: 'VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
  flags: [
    ALL_NAMESPACES_FLAG,
    { name: 'quiet', short: 'q', type: 'bool', fallback: 'false', usage: 'Only the exit code.' },
    { name: 'subresource', type: 'string', usage: 'The sub-resource, such as log.' },
  ],
  run: runCanI,
};

const whoami: Command = {
  name: 'whoami',
  short: 'Experimental: Check self subject attributes',
  usage: '',
  flags: OUTPUT_FLAGS,
  async run(context) {
    const body = { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: {} };
    const answer = await context.server.json('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body });
    const printer = objectPrinter(context);
    if (printer !== undefined) return printer.print(answer);
    const user = record(answer, 'status', 'userInfo');
    const rows = [
      ['ATTRIBUTE', 'VALUE'],
      ['Username', str(user, 'username')],
    ];
    if (str(user, 'uid') !== '') rows.push(['UID', str(user, 'uid')]);
    if (strings(user, 'groups').length > 0) rows.push(['Groups', `[${strings(user, 'groups').join(' ')}]`]);
    for (const key of Object.keys(record(user, 'extra')).sort())
      rows.push([`Extra: ${key}`, `[${strings(user, 'extra', key).join(' ')}]`]);
    context.out(tabulate(rows.map((row) => `${row.join('\t')}\n`).join(''), GET_TABS));
  },
};

export const auth: Command = {
  name: 'auth',
  group: 'Troubleshooting and Debugging Commands',
  short: 'Inspect authorization',
  usage: '[flags]',
  subcommands: [canI, whoami],
};

const VERBS = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  'use',
  'bind',
  'impersonate',
  '*',
  'approve',
  'sign',
  'escalate',
  'attest',
];

async function runCanI(context: Context): Promise<void> {
  const [verb, what] = context.args;
  if (verb === undefined || what === undefined)
    throw new CliError(
      `you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.`,
    );
  const body = {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: what.startsWith('/')
      ? { nonResourceAttributes: { verb, path: what } }
      : await attributes(context, verb, what),
  };
  const answer = await context.server.json('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body });
  const allowed = bool(answer, 'status', 'allowed');
  const reason = str(answer, 'status', 'reason');
  if (!context.flags.bool('quiet')) context.out(allowed ? 'yes\n' : `no${reason === '' ? '' : ` - ${reason}`}\n`);
  if (!allowed) throw new ExitError(1);
}

async function attributes(context: Context, verb: string, what: string): Promise<unknown> {
  const [type = '', name = ''] = what.split('/');
  const known = (await discoveryOf(context).all()).find(
    (each) => each.plural === type || each.singular === type || each.shortNames.includes(type),
  );
  if (known === undefined) context.err(`Warning: the server doesn't have a resource type '${type}'\n\n`);
  if (known !== undefined && !known.namespaced)
    context.err(
      `Warning: resource '${known.plural}' is not namespace scoped${known.group === '' ? '' : ` in group '${known.group}'`}\n\n`,
    );
  if (!VERBS.includes(verb)) context.err(`Warning: verb '${verb}' is not a known verb\n\n`);
  return {
    resourceAttributes: {
      ...(context.allNamespaces ? {} : { namespace: context.namespace }),
      verb,
      group: known?.group ?? '',
      resource: known?.plural ?? type,
      ...(name === '' ? {} : { name }),
      ...(context.flags.string('subresource') === '' ? {} : { subresource: context.flags.string('subresource') }),
    },
  };
}
