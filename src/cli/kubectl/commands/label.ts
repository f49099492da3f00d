import { labelValue } from '../../../api/names.ts';
import { compareStrings } from '../../../lib/order.ts';
import type { Command, Context } from '../command.ts';
import { ALL_NAMESPACES_FLAG } from '../common-flags.ts';
import { CliError } from '../errors.ts';
import { changeObjects, modifyFlags, selectionOf } from '../modify.ts';
import { annotationsOf, labelsOf, nameOf, stringMap, withValue } from '../object.ts';
import { goQuote } from '../../text/go-quote.ts';
import { compactJson } from '../../text/go-json.ts';
import type { Obj } from '../server.ts';
import { filesGiven, select, visit } from '../selection.ts';

const OVERWRITE = {
  name: 'overwrite',
  type: 'bool',
  fallback: 'false',
  usage: 'Replace values that are there already.',
} as const;
const RESOURCE_VERSION = {
  name: 'resource-version',
  type: 'string',
  usage: 'Change only an object of this version.',
} as const;
const LIST = { name: 'list', type: 'bool', fallback: 'false', usage: 'Show what there is.' } as const;

export const label: Command = {
  name: 'label',
  group: 'Settings Commands',
  short: 'Update the labels on a resource',
  usage: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  examples: [
    'kubectl label pods web tier=front',
    'kubectl label --overwrite pods web tier=back',
    'kubectl label pods web tier-',
  ],
  flags: [...modifyFlags('kubectl-label'), ALL_NAMESPACES_FLAG, OVERWRITE, RESOURCE_VERSION, LIST],
  run: runLabel,
};

export const annotate: Command = {
  name: 'annotate',
  group: 'Settings Commands',
  short: 'Update the annotations on a resource',
  usage: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  examples: ["kubectl annotate pods web note='by hand'", 'kubectl annotate pods web note-'],
  flags: [...modifyFlags('kubectl-annotate'), ALL_NAMESPACES_FLAG, OVERWRITE, RESOURCE_VERSION, LIST],
  run: runAnnotate,
};

interface Pairs {
  readonly resources: readonly string[];
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

/** Names first, changes behind them. Models cmdutil.GetResourcesAndPairs and ParsePairs. */
function splitPairs(context: Context, what: 'label' | 'annotation'): Pairs {
  const isPair = (arg: string): boolean =>
    (arg.includes('=') && !arg.startsWith('=')) || (arg.endsWith('-') && arg.length > 1);
  const first = context.args.findIndex(isPair);
  const resources = first < 0 ? context.args : context.args.slice(0, first);
  const pairs = first < 0 ? [] : context.args.slice(first);
  if (resources.length === 0 && !filesGiven(context))
    throw new CliError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  const stray = pairs.find((arg) => !isPair(arg));
  if (stray !== undefined) throw new CliError(`all resources must be specified before ${what} changes: ${stray}`);
  const set = new Map<string, string>();
  const remove: string[] = [];
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 0) remove.push(pair.slice(0, -1));
    else set.set(pair.slice(0, equals), pair.slice(equals + 1));
    if (what === 'label' && equals >= 0) checkValue(pair, pair.slice(equals + 1));
  }
  const both = remove.filter((key) => set.has(key)).sort(compareStrings);
  if (both.length > 0)
    throw new CliError(
      what === 'label'
        ? 'can not both modify and remove a label in the same command'
        : `can not both modify and remove the following annotation(s) in the same command: ${both.join(', ')}`,
    );
  return { resources, set, remove };
}

function checkValue(pair: string, value: string): void {
  const problems = labelValue(value);
  if (problems.length > 0) throw new CliError(`invalid label value: ${goQuote(pair)}: ${problems.join(';')}`);
}

async function runLabel(context: Context): Promise<void> {
  const { resources, set, remove } = splitPairs(context, 'label');
  const changes = set.size + remove.length;
  if (changes === 0 && !context.flags.bool('list')) throw new CliError('at least one label update is required');
  await change(context, 'labels', resources, (object) => {
    const before = labelsOf(object);
    if (!context.flags.bool('overwrite')) {
      for (const [key, value] of set) {
        const present = before[key];
        if (present !== undefined && present !== value)
          throw new CliError(`'${key}' already has a value (${present}), and --overwrite is false`);
      }
    }
    for (const key of remove) if (before[key] === undefined) context.out(`label ${goQuote(key)} not found.\n`);
    const after = changed(before, set, remove);
    const next = withVersion(context, withValue(object, ['metadata', 'labels'], after));
    const [old, fresh] = [compactJson(object), compactJson(next)];
    const shorter = !context.flags.bool('overwrite') && fresh.length < old.length;
    return { object: next, operation: old === fresh ? 'not labeled' : shorter ? 'unlabeled' : 'labeled' };
  });
}

async function runAnnotate(context: Context): Promise<void> {
  const { resources, set, remove } = splitPairs(context, 'annotation');
  if (set.size + remove.length === 0 && !context.flags.bool('list'))
    throw new CliError('at least one annotation update is required');
  await change(context, 'annotations', resources, (object) => {
    const before = annotationsOf(object);
    if (!context.flags.bool('overwrite')) {
      const taken = [...set]
        .filter(([key, value]) => before[key] !== undefined && before[key] !== value)
        .map(([key]) => `'${key}' already has a value (${before[key] ?? ''})`);
      if (taken.length > 0)
        throw new CliError(`--overwrite is false but found the following declared annotation(s): ${taken.join('; ')}`);
    }
    const after = changed(before, set, remove);
    const next = withVersion(context, withValue(object, ['metadata', 'annotations'], after));
    return { object: next, operation: 'annotated' };
  });
}

function changed(
  before: Readonly<Record<string, string>>,
  set: ReadonlyMap<string, string>,
  remove: readonly string[],
): Record<string, string> {
  const after: Record<string, string> = { ...before };
  for (const [key, value] of set) after[key] = value;
  for (const key of remove) delete after[key];
  return after;
}

function withVersion(context: Context, object: Obj): Obj {
  const version = context.flags.string('resource-version');
  return version === '' ? object : withValue(object, ['metadata', 'resourceVersion'], version);
}

/** Changes the objects, or shows with `--list` what there would be. */
async function change(
  context: Context,
  what: 'labels' | 'annotations',
  resources: readonly string[],
  changeOne: (object: Obj) => { readonly object: Obj; readonly operation: string },
): Promise<void> {
  const listing = context.flags.bool('list');
  if (listing && context.flags.string('output') !== '')
    throw new CliError('--list and --output may not be specified together');
  const options = selectionOf(context, resources);
  if (!listing) return changeObjects(context, options, 'merge', changeOne);
  const targets = await select(context, options);
  const isSingle = targets.length === 1 && targets[0]?.name !== '';
  await visit(context, targets, options, (object, { resource }) => {
    const values = stringMap(changeOne(object).object, 'metadata', what);
    if (!isSingle) context.err(`Listing ${what} for ${resource.kind}.${resource.group}/${nameOf(object)}:\n`);
    for (const key of Object.keys(values).sort(compareStrings))
      context.out(`${isSingle ? '' : ' '}${key}=${values[key] ?? ''}\n`);
    return Promise.resolve();
  });
}
