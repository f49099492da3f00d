import type { Command, Context } from '../command.ts';
import { ALL_NAMESPACES_FLAG, FILE_FLAGS, SELECTOR_FLAG } from '../common-flags.ts';
import { eventsAbout } from '../describe/events.ts';
import { describerOf } from '../describe/index.ts';
import { pathTo } from '../discovery.ts';
import { asError, CliError, hasReason } from '../errors.ts';
import { nameOf } from '../object.ts';
import { fetchTarget, filesGiven, select, throwAll } from '../selection.ts';
import type { SelectionOptions, Target } from '../selection.ts';
import type { Obj } from '../server.ts';

export const describe: Command = {
  name: 'describe',
  group: 'Troubleshooting and Debugging Commands',
  short: 'Show details of a specific resource or group of resources',
  usage: '(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
  examples: ['kubectl describe node worker-1', 'kubectl describe pods -l app=web'],
  flags: [
    ...FILE_FLAGS,
    SELECTOR_FLAG,
    ALL_NAMESPACES_FLAG,
    { name: 'show-events', type: 'bool', fallback: 'true', usage: 'Show the events about each object.' },
    { name: 'chunk-size', type: 'int', fallback: '500', usage: 'Objects per request; 0 for all at once.' },
  ],
  run: runDescribe,
};

async function runDescribe(context: Context): Promise<void> {
  if (context.args.length === 0 && !filesGiven(context)) {
    throw new CliError(
      'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
    );
  }
  const options: SelectionOptions = {
    files: true,
    selector: context.flags.string('selector'),
    allNamespaces: context.allNamespaces,
    defaultToAll: true,
  };
  const targets = await select(context, options);
  const [errors, faults]: [Error[], Error[]] = [[], []];
  const found: { readonly target: Target; readonly object: Obj }[] = [];
  for (const target of targets) {
    try {
      for (const object of await fetchDescribed(context, target, options)) found.push({ target, object });
    } catch (error) {
      (target.fault === undefined ? errors : faults).push(asError(error));
    }
  }
  if (context.args.length === 2 && errors.some((error) => hasReason(error, 'NotFound')))
    return describeMatching(context, targets, errors);
  let shown = 0;
  for (const { target, object } of found) {
    try {
      const text = await describeOne(context, target, object);
      context.out(shown++ === 0 ? text : `\n\n${text}`);
    } catch (error) {
      errors.push(asError(error));
    }
  }
  if (shown === 0 && errors.length + faults.length === 0) {
    context.err(
      !context.allNamespaces && targets.every((target) => target.resource.namespaced)
        ? `No resources found in ${context.namespace} namespace.\n`
        : 'No resources found\n',
    );
  }
  throwAll([...faults, ...errors]);
}

/** Of a manifest, what is there by that name. */
async function fetchDescribed(context: Context, target: Target, options: SelectionOptions): Promise<Obj[]> {
  if (target.object === undefined) return fetchTarget(context, target, options);
  return [await context.server.json('GET', pathTo(target.resource, target.namespace, target.name))];
}

/** Those whose names begin with the one that no object has; throws the errors that said so where there are none. */
async function describeMatching(context: Context, targets: readonly Target[], errors: readonly Error[]): Promise<void> {
  const [target, ...more] = targets;
  const all = target === undefined || more.length > 0 ? [] : await fetchTarget(context, { ...target, name: '' }, {});
  const found = all.filter((object) => nameOf(object).startsWith(target?.name ?? ''));
  if (target === undefined || found.length === 0) return throwAll(errors);
  for (const object of found) context.out(`${await describeOne(context, target, object)}\n`);
}

function describeOne(context: Context, target: Target, object: Obj): Promise<string> {
  const showEvents = context.flags.bool('show-events');
  const events = async (about: Obj): Promise<readonly Obj[] | undefined> =>
    showEvents ? eventsAbout(context, about) : undefined;
  return describerOf(target.resource.group, target.resource.kind).describe(context, object, events);
}
