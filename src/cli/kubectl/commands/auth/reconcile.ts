// Models k8s.io/component-helpers/auth/rbac/reconciliation.
import { deepEqual } from '../../../../lib/json.ts';
import type { Command, Context } from '../../command.ts';
import { FILE_FLAGS } from '../../common-flags.ts';
import { pathTo } from '../../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, operationText } from '../../dry-run.ts';
import { CliError, hasReason } from '../../errors.ts';
import { annotationsOf, list, namespaceOf, record, str, strings } from '../../object.ts';
import { OUTPUT_FLAGS, reporter } from '../../output.ts';
import { filesGiven, fileTargets } from '../../selection.ts';
import type { Target } from '../../selection.ts';
import type { Obj } from '../../server.ts';

export const reconcile: Command = {
  name: 'reconcile',
  short: 'Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects',
  usage: '-f FILENAME',
  examples: ['kubectl auth reconcile -f roles.yaml'],
  flags: [
    ...FILE_FLAGS,
    ...OUTPUT_FLAGS,
    DRY_RUN_FLAG,
    {
      name: 'remove-extra-permissions',
      type: 'bool',
      fallback: 'false',
      usage: 'Take away what the files do not give.',
    },
    { name: 'remove-extra-subjects', type: 'bool', fallback: 'false', usage: 'Take away whom the files do not name.' },
  ],
  async run(context) {
    if (!filesGiven(context)) throw new CliError('must specify one of -f and -k');
    for (const target of await fileTargets(context)) await reconcileOne(context, target);
  },
};

const KINDS = ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'];
const OPTED_OUT = 'rbac.authorization.kubernetes.io/autoupdate';

interface Plan {
  readonly object: Obj;
  readonly operation: 'none' | 'create' | 'update' | 'recreate';
  /** Title and lines: what was missing, what was too much. */
  readonly notes: readonly (readonly [title: string, lines: readonly string[]])[];
}

async function reconcileOne(context: Context, target: Target): Promise<void> {
  const wanted = target.object ?? {};
  if (!KINDS.includes(target.resource.kind) || target.resource.group !== 'rbac.authorization.k8s.io') return;
  // Upstream looks at the manifest alone for the namespace that it makes where it is missing.
  if (target.namespace !== '' && namespaceOf(target.given ?? {}) === '')
    throw new CliError('resource name may not be empty');
  const path = pathTo(target.resource, target.namespace, target.name);
  const live = await context.server.json('GET', path).catch((error: unknown) => {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  });
  const plan = planFor(context, wanted, live);
  const protectedOne = live !== undefined && annotationsOf(live)[OPTED_OUT] === 'false';
  const dryRun = dryRunOf(context);
  let result = plan.object;
  if (dryRun !== 'client' && !protectedOne) result = await carryOut(context, target, plan, path, dryRun === 'server');
  const report = reporter(context, operationText('reconciled', dryRun));
  report.print(result);
  report.flush();
  if (plan.operation === 'none' || context.flags.string('output') !== '') return;
  const caveat = protectedOne ? `, but object opted out (${OPTED_OUT}: false)` : '';
  context.err(`\treconciliation required ${plan.operation}${caveat}\n`);
  for (const [title, lines] of plan.notes)
    if (lines.length > 0) context.err(`\t${title}:\n${lines.map((line) => `\t\t${line}\n`).join('')}`);
}

async function carryOut(context: Context, target: Target, plan: Plan, path: string, dry: boolean): Promise<Obj> {
  const query = dry ? { dryRun: 'All' } : {};
  const parent = pathTo(target.resource, target.namespace);
  switch (plan.operation) {
    case 'none':
      return plan.object;
    case 'create':
      if (target.namespace !== '' && !dry) await ensureNamespace(context, target.namespace);
      return context.server.json('POST', parent, { query, body: plan.object });
    case 'update':
      return context.server.json('PUT', path, { query, body: plan.object });
    case 'recreate':
      await context.server.json('DELETE', path, { query });
      return context.server.json('POST', parent, { query, body: plan.object });
  }
}

/** Whether it may be made or not, the write after it says. Models tryEnsureNamespace. */
async function ensureNamespace(context: Context, name: string): Promise<void> {
  try {
    await context.server.json('GET', `/api/v1/namespaces/${name}`);
  } catch (error) {
    if (!hasReason(error, 'NotFound')) return;
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await context.server.json('POST', '/api/v1/namespaces', { body }).catch((refusal: unknown) => {
      if (!hasReason(refusal, 'AlreadyExists') && !hasReason(refusal, 'Forbidden')) throw refusal;
    });
  }
}

function planFor(context: Context, wanted: Obj, live: Obj | undefined): Plan {
  const binding = 'roleRef' in wanted;
  return binding ? planForBinding(context, wanted, live) : planForRole(context, wanted, live);
}

function planForRole(context: Context, wanted: Obj, live: Obj | undefined): Plan {
  const rules = list(wanted, 'rules');
  if (live === undefined)
    return { object: wanted, operation: 'create', notes: [['missing rules added', rules.map(ruleText)]] };
  const before = list(live, 'rules');
  const missing = rules.filter((rule) => !covers(before, rule));
  const extra = before.filter((rule) => !covers(rules, rule));
  const remove = context.flags.bool('remove-extra-permissions');
  const next = remove ? (missing.length + extra.length > 0 ? rules : before) : [...before, ...missing];
  return {
    object: { ...live, ...(next.length === 0 ? {} : { rules: next }) },
    operation: deepEqual(next, before) ? 'none' : 'update',
    notes: [
      ['missing rules added', missing.map(ruleText)],
      ...(remove ? ([['extra rules removed', extra.map(ruleText)]] as const) : []),
    ],
  };
}

function planForBinding(context: Context, wanted: Obj, live: Obj | undefined): Plan {
  const subjects = list(wanted, 'subjects');
  const added = (missing: readonly Obj[]): Plan['notes'] => [['missing subjects added', missing.map(subjectText)]];
  if (live === undefined) return { object: wanted, operation: 'create', notes: added(subjects) };
  const before = list(live, 'subjects');
  const missing = subjects.filter((each) => !before.some((known) => deepEqual(known, each)));
  const extra = before.filter((each) => !subjects.some((known) => deepEqual(known, each)));
  const remove = context.flags.bool('remove-extra-subjects');
  const next = remove ? subjects : [...before, ...missing];
  // What a binding grants cannot be changed: it is made anew.
  const other = !deepEqual(record(live, 'roleRef'), record(wanted, 'roleRef'));
  const changed = missing.length > 0 || (remove && extra.length > 0);
  return {
    object: other ? { ...wanted, subjects: next } : { ...live, subjects: next },
    operation: other ? 'recreate' : changed ? 'update' : 'none',
    notes: [...added(missing), ...(remove ? ([['extra subjects removed', extra.map(subjectText)]] as const) : [])],
  };
}

/** Whether rules together allow all that one allows: every verb on every resource. Models rbac validation's Covers. */
function covers(rules: readonly Obj[], rule: Obj): boolean {
  const has = (all: readonly string[], one: string): boolean => all.includes('*') || all.includes(one);
  const names = strings(rule, 'resourceNames');
  return strings(rule, 'verbs').every((verb) => {
    const resources = strings(rule, 'apiGroups').every((group) =>
      strings(rule, 'resources').every((resource) =>
        (names.length === 0 ? [undefined] : names).every((name) =>
          rules.some((each) => {
            const own = strings(each, 'resourceNames');
            return (
              has(strings(each, 'verbs'), verb) &&
              has(strings(each, 'apiGroups'), group) &&
              has(strings(each, 'resources'), resource) &&
              (own.length === 0 || (name !== undefined && own.includes(name)))
            );
          }),
        ),
      ),
    );
    const urls = strings(rule, 'nonResourceURLs').every((url) =>
      rules.some(
        (each) =>
          has(strings(each, 'verbs'), verb) &&
          strings(each, 'nonResourceURLs').some(
            (own) => own === url || (own.endsWith('*') && url.startsWith(own.slice(0, -1))),
          ),
      ),
    );
    return resources && urls;
  });
}

function ruleText(rule: Obj): string {
  const part = (name: string, key: string): string => `${name}:[${strings(rule, key).join(' ')}]`;
  return `{${part('Verbs', 'verbs')} ${part('APIGroups', 'apiGroups')} ${part('Resources', 'resources')} ${part('ResourceNames', 'resourceNames')} ${part('NonResourceURLs', 'nonResourceURLs')}}`;
}

function subjectText(subject: Obj): string {
  return `{Kind:${str(subject, 'kind')} APIGroup:${str(subject, 'apiGroup')} Name:${str(subject, 'name')} Namespace:${str(subject, 'namespace')}}`;
}
