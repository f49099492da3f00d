import type { Command, Context } from '../command.ts';
import { ALL_NAMESPACES_FLAG, FILE_FLAGS, SELECTOR_FLAG } from '../common-flags.ts';
import { eventsAbout } from '../describe/events.ts';
import { describerOf } from '../describe/index.ts';
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
  const errors: Error[] = [];
  let shown = 0;
  for (const target of targets) {
    try {
      for (const object of await matching(context, target, options)) {
        const text = await describeOne(context, target, object);
        context.out(shown++ === 0 ? text : `\n\n${text}`);
      }
    } catch (error) {
      errors.push(asError(error));
    }
  }
  if (shown === 0 && errors.length === 0) {
    context.err(
      !context.allNamespaces && targets.every((target) => target.resource.namespaced)
        ? `No resources found in ${context.namespace} namespace.\n`
        : 'No resources found\n',
    );
  }
  throwAll(errors);
}

/** The object of that name, or else those whose names begin with it. */
async function matching(context: Context, target: Target, options: SelectionOptions): Promise<Obj[]> {
  try {
    return await fetchTarget(context, target, options);
  } catch (error) {
    if (!hasReason(error, 'NotFound') || target.name === '' || target.source !== '') throw error;
    const all = await fetchTarget(context, { ...target, name: '' }, {});
    const found = all.filter((object) => nameOf(object).startsWith(target.name));
    if (found.length === 0) throw error;
    return found;
  }
}

function describeOne(context: Context, target: Target, object: Obj): Promise<string> {
  const showEvents = context.flags.bool('show-events');
  const events = async (about: Obj): Promise<readonly Obj[] | undefined> =>
    showEvents ? eventsAbout(context, about) : undefined;
  return describerOf(target.resource.group, target.resource.kind).describe(context, object, events);
}
