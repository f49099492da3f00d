import type { Command, Context } from '../command.ts';
import { ALL_NAMESPACES_FLAG } from '../common-flags.ts';
import { CliError, ExitError, hasReason } from '../errors.ts';
import { bool, list, record, str, strings } from '../object.ts';
import { reconcile } from './auth/reconcile.ts';
import { objectPrinter, OUTPUT_FLAGS } from '../output.ts';
import { discoveryOf } from '../selection.ts';
import { compareStrings } from '../../../lib/order.ts';
import type { Obj } from '../server.ts';
import { GET_TABS, tabulate } from '../../text/tabwriter.ts';

const canI: Command = {
  name: 'can-i',
  short: 'Check whether an action is allowed',
  usage: 'VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
  flags: [
    ALL_NAMESPACES_FLAG,
    { name: 'quiet', short: 'q', type: 'bool', fallback: 'false', usage: 'Only the exit code.' },
    { name: 'list', type: 'bool', fallback: 'false', usage: 'Show all that is allowed.' },
    { name: 'no-headers', type: 'bool', fallback: 'false', usage: 'No headings.' },
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
    const answer = await context.server
      .json('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body })
      .catch((error: unknown) => {
        throw hasReason(error, 'NotFound')
          ? new CliError('the selfsubjectreviews API is not enabled in the cluster')
          : error;
      });
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
  subcommands: [canI, reconcile, whoami],
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
  const [verb, what, ...more] = context.args;
  if (context.flags.bool('list')) return listRules(context);
  if (verb === undefined || what === undefined || more.length > 0)
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
  const answer = await context.server.json('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    body,
    about: 'selfsubjectaccessreviews.authorization.k8s.io',
  });
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
  if (known === undefined && type !== '*')
    context.err(`Warning: the server doesn't have a resource type '${type}'\n\n`);
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

/** Models kubectl/pkg/cmd/auth: a line for each resource, with all that is allowed on it. */
async function listRules(context: Context): Promise<void> {
  if (context.args.length > 0) throw new CliError('--list must be used without arguments');
  const body = {
    kind: 'SelfSubjectRulesReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: { namespace: context.namespace },
  };
  const answer = await context.server.json('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
    body,
    about: 'selfsubjectrulesreviews.authorization.k8s.io',
  });
  if (bool(answer, 'status', 'incomplete'))
    context.err(`warning: the list may be incomplete: ${str(answer, 'status', 'evaluationError')}\n`);
  const rules = [...resourceRows(answer), ...urlRows(answer)].sort((a, b) => compareStrings(a.order, b.order));
  const header = context.flags.bool('no-headers')
    ? []
    : [['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs']];
  const lines = rules.map(({ cells, verbs }) => [...cells, `[${verbs.join(' ')}]`]);
  context.out(tabulate([...header, ...lines].map((row) => `${row.join('\t')}\n`).join(''), GET_TABS));
}

interface Row {
  /** Rules are sorted by their fields, verbs first. */
  readonly order: string;
  readonly cells: readonly [string, string, string];
  readonly verbs: readonly string[];
}

/** Rules for whole resources are united by resource; one for single objects stays, with a row for each verb. */
function resourceRows(answer: Obj): Row[] {
  const united = new Map<string, { readonly group: string; readonly resource: string; readonly verbs: Set<string> }>();
  const rows: Row[] = [];
  for (const rule of list(answer, 'status', 'resourceRules'))
    for (const group of strings(rule, 'apiGroups'))
      for (const resource of strings(rule, 'resources')) {
        const names = strings(rule, 'resourceNames');
        if (names.length > 0)
          for (const name of names)
            for (const verb of strings(rule, 'verbs')) rows.push(rowOf(group, resource, [verb], `[${name}]`));
        else {
          const key = `${group}/${resource}`;
          const known = united.get(key) ?? { group, resource, verbs: new Set<string>() };
          united.set(key, known);
          for (const verb of strings(rule, 'verbs')) known.verbs.add(verb);
        }
      }
  return [...[...united.values()].map(({ group, resource, verbs }) => rowOf(group, resource, [...verbs])), ...rows];
}

function rowOf(group: string, resource: string, verbs: readonly string[], names = '[]'): Row {
  return {
    order: `[${verbs.join(' ')}],[${group}],[${resource}],${names},[]`,
    cells: [combined(resource, group), '[]', names],
    verbs,
  };
}

function urlRows(answer: Obj): Row[] {
  return list(answer, 'status', 'nonResourceRules').flatMap((rule) =>
    strings(rule, 'nonResourceURLs').flatMap((url) =>
      strings(rule, 'verbs').map((verb): Row => ({
        order: `[${verb}],[],[],[],[${url}]`,
        cells: ['', `[${url}]`, '[]'],
        verbs: [verb],
      })),
    ),
  );
}

/** `deployments/scale` of `apps` → `deployments.apps/scale`. */
function combined(resource: string, group: string): string {
  const [plural = '', ...sub] = resource.split('/');
  return group === '' ? resource : [`${plural}.${group}`, ...sub].join('/');
}
