import type { Command, Context } from '../../command.ts';
import { CliError, PlainError } from '../../errors.ts';
import type { FlagSpec } from '../../flags.ts';
import type { Obj } from '../../server.ts';
import { createGenerated, generatorFlags, oneName } from '../../generate.ts';
import { discoveryOf } from '../../selection.ts';
import { compareStrings } from '../../../../lib/order.ts';
import { goQuote } from '../../../text/go-quote.ts';

const RBAC = 'rbac.authorization.k8s.io';

const RULE_FLAGS: readonly FlagSpec[] = [
  { name: 'verb', type: 'slice', usage: 'What the rule allows, such as get,list.' },
  { name: 'resource', type: 'slice', usage: 'Resources of the rule: resource[.group][/subresource].' },
  { name: 'resource-name', type: 'array', usage: 'Name of an object that the rule is for; can be repeated.' },
];

export const createRole: Command = {
  name: 'role',
  short: 'Create a role with single rule',
  usage:
    'NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]',
  examples: ['kubectl create role pod-reader --verb=get,list,watch --resource=pods'],
  flags: [...generatorFlags('kubectl-create'), ...RULE_FLAGS],
  async run(context) {
    const name = oneName(context);
    const asked = askedFor(context);
    if (asked.verbs.length === 0) throw new CliError('at least one verb must be specified');
    warnOfVerbs(context, asked.verbs);
    if (asked.resources.length === 0) throw new CliError('at least one resource must be specified');
    const resources = await found(context, asked);
    const object = {
      kind: 'Role',
      apiVersion: `${RBAC}/v1`,
      metadata: { name },
      rules: resourceRules(asked, resources),
    };
    await createGenerated(context, object, '');
  },
};

export const createClusterRole: Command = {
  name: 'clusterrole',
  short: 'Create a cluster role',
  usage: 'NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]',
  examples: ['kubectl create clusterrole node-reader --verb=get,list --resource=nodes'],
  flags: [
    ...generatorFlags('kubectl-create'),
    ...RULE_FLAGS,
    { name: 'non-resource-url', type: 'slice', usage: 'Path that the rule is for, such as /healthz.' },
    {
      name: 'aggregation-rule',
      type: 'pairs',
      shown: '',
      check: (value) => (value.includes('=') ? undefined : 'malformed pair, expect string=string'),
      usage: 'Labels of the cluster roles that this one unites.',
    },
  ],
  async run(context) {
    const name = oneName(context);
    const object = { kind: 'ClusterRole', apiVersion: `${RBAC}/v1`, metadata: { name }, ...(await content(context)) };
    await createGenerated(context, object, '');
  },
};

async function content(context: Context): Promise<Obj> {
  const asked = askedFor(context);
  const { verbs, resources, names } = asked;
  const urls = [...new Set(context.flags.list('non-resource-url'))];
  if (context.flags.changed('aggregation-rule')) {
    if (urls.length + verbs.length + resources.length + names.length > 0)
      throw new CliError(
        'aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames',
      );
    const matchLabels = context.flags.pairs('aggregation-rule');
    return { rules: null, aggregationRule: { clusterRoleSelectors: [{ matchLabels }] } };
  }
  if (verbs.length === 0) throw new CliError('at least one verb must be specified');
  if (resources.length + urls.length === 0) throw new CliError('one of resource or nonResourceURL must be specified');
  if (resources.length > 0) warnOfVerbs(context, verbs);
  const mapped = await found(context, asked);
  checkUrls(verbs, urls);
  return {
    rules: [...resourceRules(asked, mapped), ...(urls.length === 0 ? [] : [{ verbs, nonResourceURLs: urls }])],
  };
}

interface Asked {
  readonly verbs: readonly string[];
  readonly resources: readonly ResourceText[];
  readonly names: readonly string[];
}

/** `deployments.apps/scale`, taken apart. */
interface ResourceText {
  readonly resource: string;
  readonly group: string;
  readonly subresource: string;
}

function askedFor(context: Context): Asked {
  const verbs = [...new Set(context.flags.list('verb'))];
  const resources = context.flags.list('resource').map(resourceText);
  const all = context.flags.list('resource').indexOf('*');
  return {
    verbs: verbs.includes('*') ? ['*'] : verbs,
    resources: all < 0 ? resources : resources.slice(all, all + 1),
    names: [...new Set(context.flags.list('resource-name'))],
  };
}

function resourceText(text: string): ResourceText {
  const [, resource = '', group = '', subresource = ''] = /^([^./]*)(?:\.([^/]*))?(?:\/(.*))?$/.exec(text) ?? [];
  return { resource, group, subresource };
}

const RESOURCE_VERBS = [
  ...['*', 'get', 'delete', 'list', 'create', 'update', 'patch', 'watch', 'proxy', 'deletecollection'],
  ...['use', 'bind', 'escalate', 'impersonate'],
];
const URL_VERBS = ['*', 'get', 'post', 'put', 'delete', 'patch', 'head', 'options'];

/** Verbs that mean something for these resources only. */
const SPECIAL: Readonly<Record<string, readonly string[]>> = {
  use: ['podsecuritypolicies.policy', 'podsecuritypolicies.extensions'],
  bind: [`roles.${RBAC}`, `clusterroles.${RBAC}`],
  escalate: [`roles.${RBAC}`, `clusterroles.${RBAC}`],
  impersonate: ['users', 'serviceaccounts', 'groups', 'userextras.authentication.k8s.io'],
};

function warnOfVerbs(context: Context, verbs: readonly string[]): void {
  for (const verb of verbs)
    if (!RESOURCE_VERBS.includes(verb)) context.err(`Warning: '${verb}' is not a standard resource verb\n`);
}

/** The resources as the server names them: a short name becomes the whole one. */
async function found(context: Context, { verbs, resources }: Asked): Promise<readonly ResourceText[]> {
  const known: ResourceText[] = [];
  let checking = true;
  for (const asked of resources) {
    if (asked.resource === '' && checking)
      throw new CliError('resource must be specified if apiGroup/subresource specified');
    if (asked.resource === '*') checking = false;
    const real = await discoveryOf(context).tryFind(
      asked.group === '' ? asked.resource : `${asked.resource}.${asked.group}`,
    );
    const mapped = real === undefined ? asked : { ...asked, resource: real.plural, group: real.group };
    const full = mapped.group === '' ? mapped.resource : `${mapped.resource}.${mapped.group}`;
    const special = verbs.filter((verb) => Object.hasOwn(SPECIAL, verb));
    const wrong = special.find((verb) => SPECIAL[verb]?.includes(full) !== true);
    if (checking && wrong !== undefined)
      throw new CliError(`can not perform '${wrong}' on '${mapped.resource}' in group '${mapped.group}'`);
    if (checking && real === undefined && special.length === 0)
      throw new PlainError(`the server doesn't have a resource type ${goQuote(full)}`);
    known.push(mapped);
  }
  return known;
}

function checkUrls(verbs: readonly string[], urls: readonly string[]): void {
  const bad = urls.length === 0 ? undefined : verbs.find((verb) => !URL_VERBS.includes(verb));
  if (bad !== undefined) throw new CliError(`invalid verb: '${bad}' for nonResourceURL`);
  for (const url of urls) {
    if (url === '*') continue;
    if (!url.startsWith('/')) throw new CliError('nonResourceURL should start with /');
    if (url.slice(0, -1).includes('*'))
      throw new CliError("nonResourceURL only supports wildcard matches when '*' is at the end");
  }
}

/** One rule for each API group. */
function resourceRules({ verbs, names }: Asked, resources: readonly ResourceText[]): Obj[] {
  const byGroup = new Map<string, Set<string>>();
  for (const { resource, group, subresource } of resources) {
    const all = byGroup.get(group) ?? new Set<string>();
    byGroup.set(group, all.add(subresource === '' ? resource : `${resource}/${subresource}`));
  }
  return [...byGroup]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([group, all]) => ({
      verbs,
      apiGroups: [group],
      resources: [...all],
      ...(names.length === 0 ? {} : { resourceNames: names }),
    }));
}
