import type { Command, Context } from '../command.ts';
import { ALL_FLAG, ALL_NAMESPACES_FLAG, CASCADE_FLAG, FILE_FLAGS, SELECTOR_FLAGS } from '../common-flags.ts';
import { deleteOptions, propagationOf } from '../deletion.ts';
import { kindPrefix, pathTo } from '../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, operationText } from '../dry-run.ts';
import type { DryRun } from '../dry-run.ts';
import { addSource, asError, CliError, hasReason } from '../errors.ts';
import { nameOf, namespaceOf, str } from '../object.ts';
import { fetchTarget, filesGiven, select, throwAll } from '../selection.ts';
import type { SelectionOptions, Target } from '../selection.ts';
import { FOREVER, uidOf, waitFor } from '../wait-for.ts';
import { goQuote } from '../../text/go-quote.ts';

export const deleteCommand: Command = {
  name: 'delete',
  group: 'Basic Commands (Intermediate)',
  short: 'Delete resources by file names, stdin, resources and names, or by resources and label selector',
  usage: '([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])',
  examples: [
    'kubectl delete -f ./web.yaml',
    'kubectl delete pod,service web',
    'kubectl delete pods -l app=web',
    'kubectl delete pod web --now',
  ],
  flags: [
    ...FILE_FLAGS,
    ...SELECTOR_FLAGS,
    ALL_FLAG,
    ALL_NAMESPACES_FLAG,
    DRY_RUN_FLAG,
    CASCADE_FLAG,
    {
      name: 'grace-period',
      type: 'int',
      fallback: '-1',
      usage: 'Seconds to end in good order; negative: as the object says.',
    },
    { name: 'force', type: 'bool', fallback: 'false', usage: 'Remove at once, without confirmation that it ended.' },
    {
      name: 'interactive',
      short: 'i',
      type: 'bool',
      fallback: 'false',
      usage: 'Tell what would be deleted, and ask first.',
    },
    { name: 'now', type: 'bool', fallback: 'false', usage: 'Same as --grace-period=1.' },
    { name: 'wait', type: 'bool', fallback: 'true', usage: 'Return when the objects are gone.' },
    { name: 'timeout', type: 'duration', fallback: '0s', usage: 'How long to wait.' },
    { name: 'ignore-not-found', type: 'bool', fallback: 'false', usage: 'What is not there counts as deleted.' },
    { name: 'output', short: 'o', type: 'string', usage: 'name for shorter output.' },
    { name: 'raw', type: 'string', usage: 'Path to DELETE on the server as it is.' },
  ],
  run: runDelete,
};

interface Settings {
  readonly dryRun: DryRun;
  readonly gracePeriod: number;
  readonly force: boolean;
  readonly propagation: string;
  readonly ignoreNotFound: boolean;
}

async function runDelete(context: Context): Promise<void> {
  const raw = context.flags.string('raw');
  if (raw !== '') return context.out((await context.server.call('DELETE', raw)).body);
  const selector = context.flags.string('selector');
  const all = context.flags.bool('all');
  const fieldSelector = context.flags.string('field-selector');
  const settings = settingsOf(context);
  if (all && selector !== '') throw new CliError("setting 'all' parameter but found a non empty selector. ");
  if (all && context.args.slice(1).length > 0 && !filesGiven(context))
    throw new CliError('name cannot be provided when a selector is specified');
  const options: SelectionOptions = { files: true, selector, fieldSelector, all, allNamespaces: context.allNamespaces };
  const targets = await select(context, options);
  if (settings.force && settings.gracePeriod === 0) {
    context.server.warn(
      'Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.',
    );
  }
  const [errors, faults]: [Error[], Error[]] = [[], []];
  const gone: { readonly target: Target; readonly uid: string }[] = [];
  const expanded = await expand(context, targets, options, faults);
  if (expanded.length > 0 && context.flags.bool('interactive') && !(await isConfirmed(context, expanded)))
    return context.out('deletion is cancelled\n');
  for (const target of expanded) {
    try {
      const uid = await deleteOne(context, target, settings);
      gone.push({ target, uid });
    } catch (error) {
      if (hasReason(error, 'NotFound') && settings.ignoreNotFound) continue;
      errors.push(addSource('deleting', target.source, asError(error)));
    }
  }
  if (expanded.length === 0 && faults.length === 0) context.out('No resources found\n');
  throwAll([...errors, ...faults]);
  if (context.flags.bool('wait') && settings.dryRun === 'none') await waitGone(context, gone);
}

async function isConfirmed(context: Context, targets: readonly Target[]): Promise<boolean> {
  context.out(`You are about to delete the following ${targets.length} resource(s):\n`);
  for (const { resource, name } of targets) context.out(`${kindPrefix(resource)}/${name}\n`);
  context.out('Do you want to continue? (y/N): ');
  const [answer = ''] = (await context.io.stdin.readAll()).trim().split(/\s+/);
  return answer.toLowerCase() === 'y';
}

function settingsOf(context: Context): Settings {
  const force = context.flags.bool('force');
  let gracePeriod = context.flags.int('grace-period');
  if (context.flags.bool('now')) {
    if (gracePeriod !== -1) throw new CliError('--now and --grace-period cannot be specified together');
    gracePeriod = 1;
  }
  if (gracePeriod === 0 && !force) gracePeriod = 1;
  if (force && gracePeriod < 0) gracePeriod = 0;
  if (force && gracePeriod > 0)
    throw new CliError('--force and --grace-period greater than 0 cannot be specified together');
  const output = context.flags.string('output');
  if (output !== '' && output !== 'name')
    throw new CliError(`unexpected -o output mode: ${output}. We only support '-o name'`);
  const selected =
    context.flags.bool('all') ||
    context.flags.string('selector') !== '' ||
    context.flags.string('field-selector') !== '';
  return {
    dryRun: dryRunOf(context),
    gracePeriod,
    force,
    propagation: propagationOf(context.flags.string('cascade')),
    ignoreNotFound: context.flags.bool('ignore-not-found') || selected,
  };
}

/** One target per object. */
async function expand(
  context: Context,
  targets: readonly Target[],
  options: SelectionOptions,
  faults: Error[],
): Promise<Target[]> {
  const result: Target[] = [];
  for (const target of targets) {
    if (target.fault !== undefined) {
      faults.push(target.fault);
      continue;
    }
    if (target.name !== '' || target.source !== '') {
      result.push(target);
      continue;
    }
    try {
      for (const object of await fetchTarget(context, target, options)) {
        result.push({
          ...target,
          name: nameOf(object),
          namespace: target.resource.namespaced ? namespaceOf(object) : '',
        });
      }
    } catch (error) {
      faults.push(asError(error));
    }
  }
  return result;
}

/** Deletes and reports; gives the UID of what was deleted. */
async function deleteOne(context: Context, target: Target, settings: Settings): Promise<string> {
  const { resource, namespace, name } = target;
  const path = pathTo(resource, namespace, name);
  if (name === '') throw new CliError('resource name may not be empty');
  const body = deleteOptions(settings.propagation, settings.gracePeriod, settings.dryRun);
  const answer = settings.dryRun === 'client' ? {} : await context.server.json('DELETE', path, { body });
  report(context, target, settings);
  return str(answer, 'details', 'uid') || uidOf(answer);
}

function report(context: Context, { resource, namespace, name }: Target, settings: Settings): void {
  const prefix = kindPrefix(resource);
  if (context.flags.string('output') === 'name') return context.out(`${prefix}/${name}\n`);
  const verb = settings.gracePeriod === 0 ? 'force deleted' : 'deleted';
  const where = resource.namespaced ? ` from ${namespace} namespace` : '';
  context.out(`${operationText(`${prefix} ${goQuote(name)} ${verb}${where}`, settings.dryRun)}\n`);
}

async function waitGone(
  context: Context,
  gone: readonly { readonly target: Target; readonly uid: string }[],
): Promise<void> {
  const timeout = context.flags.duration('timeout') === 0 ? FOREVER : context.flags.duration('timeout');
  for (const { target, uid } of gone) {
    await waitFor(context, target, timeout, (object) =>
      object === undefined || (uid !== '' && uidOf(object) !== uid) ? 'met' : 'not yet',
    );
  }
}
