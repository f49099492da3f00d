import type { Command, Context } from '../command.ts';
import { labelValue, qualifiedName } from '../../../api/names.ts';
import { ALL_FLAG, fieldManagerFlag, SELECTOR_FLAG } from '../common-flags.ts';
import { DRY_RUN_FLAG, fieldValidationOf, VALIDATE_FLAG } from '../dry-run.ts';
import { aggregateText, CliError, PlainError, usageError } from '../errors.ts';
import { changeObjects } from '../modify.ts';
import type { Change } from '../modify.ts';
import { list, nameOf, str, withValue } from '../object.ts';
import { OUTPUT_FLAGS } from '../output.ts';
import { discoveryOf } from '../selection.ts';
import { goQuote } from '../../text/go-quote.ts';
import type { Obj } from '../server.ts';

interface TaintSpec {
  readonly key: string;
  readonly value: string;
  /** '' in a removal: every effect. */
  readonly effect: string;
}

export const taint: Command = {
  name: 'taint',
  group: 'Cluster Management Commands',
  short: 'Update the taints on one or more nodes',
  usage: 'NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
  examples: [
    'kubectl taint nodes worker-1 dedicated=web:NoSchedule',
    'kubectl taint nodes worker-1 dedicated:NoSchedule-',
  ],
  flags: [
    ...OUTPUT_FLAGS,
    SELECTOR_FLAG,
    ALL_FLAG,
    DRY_RUN_FLAG,
    VALIDATE_FLAG,
    fieldManagerFlag('kubectl-taint'),
    { name: 'overwrite', type: 'bool', fallback: 'false', usage: 'Replace taints that are there already.' },
  ],
  run: runTaint,
};

async function runTaint(context: Context): Promise<void> {
  const { all, selector, names, type, specs } = wordsOf(context);
  const [add, remove] = parseSpecs(context, specs);
  const found = await discoveryOf(context).tryFind(type);
  if (found === undefined) throw new PlainError(`the server doesn't have a resource type ${goQuote(type)}`);
  if (found.kind !== 'Node') throw new CliError(`invalid resource type ${type}, only node types are supported`);
  const both = remove.filter((gone) =>
    add.some((made) => made.key === gone.key && (gone.effect === '' || gone.effect === made.effect)),
  );
  if (both.length > 0)
    throw new CliError(
      `can not both modify and remove the following taint(s) in the same command: ${both.map((each) => `${each.key}=${each.effect}`).join(', ')}`,
    );
  if (all && selector !== '') throw new CliError("setting 'all' parameter with a non empty selector is prohibited");
  if (!all && selector === '' && names.length === 0)
    throw new CliError("at least one resource name must be specified since 'all' parameter is not set");
  fieldValidationOf(context);
  const options = { args: all || selector !== '' ? ['nodes'] : ['nodes', ...names], selector, all };
  const change: Change = (object) => changeTaints(context, object, add, remove);
  // Unlike others, taint says what it does in the same words when it does not do it.
  await changeObjects(context, options, 'strategic', change, { words: (operation) => operation });
}

/** `nodes NAME … TAINT …`, taken apart. */
function wordsOf({ args, flags }: Context) {
  const isSpec = (arg: string): boolean => arg.includes('=') || arg.includes(':') || arg.endsWith('-');
  const first = args.findIndex(isSpec);
  const [type = '', ...names] = first < 0 ? args : args.slice(0, first);
  const specs = first < 0 ? [] : args.slice(first);
  const late = specs.find((arg) => !isSpec(arg));
  if (late !== undefined) throw new CliError(`all resources must be specified before taint changes: ${late}`);
  if (type === '') throw new CliError('one or more resources must be specified as <resource> <name>');
  if (specs.length === 0) throw new CliError('at least one taint update is required');
  return { type: type.toLowerCase(), names, specs, all: flags.bool('all'), selector: flags.string('selector') };
}

/** Models pkg/cmd/taint reorganizeTaints. */
function changeTaints(
  context: Context,
  object: Obj,
  add: readonly TaintSpec[],
  remove: readonly TaintSpec[],
): { object: Obj; operation: string } {
  const before = list(object, 'spec', 'taints');
  const isThere = (spec: TaintSpec, taint: Obj): boolean =>
    spec.key === str(taint, 'key') && (spec.effect === '' || spec.effect === str(taint, 'effect'));
  const overwrite = context.flags.bool('overwrite');
  const taken = add.filter((spec) => before.some((taint) => isThere(spec, taint))).map(({ key }) => key);
  if (taken.length > 0 && !overwrite)
    throw new CliError(
      `node ${nameOf(object)} already has ${taken.join(',')} taint(s) with same effect(s) and --overwrite is false`,
    );
  const made = add.map(({ effect, key, value }) => ({ effect, key, ...(value === '' ? {} : { value }) }));
  const all = [...made, ...before.filter((taint) => !add.some((spec) => isThere(spec, taint)))];
  const missing = remove.filter((spec) => !all.some((taint) => isThere(spec, taint)));
  if (missing.length > 0)
    throw new CliError(
      aggregateText(
        missing.map(({ key, effect }) => `taint ${goQuote(effect === '' ? key : `${key}:${effect}`)} not found`),
      ),
    );
  const after = all.filter((taint) => !remove.some((spec) => isThere(spec, taint)));
  const added = all.length !== before.length;
  const operation = (added && remove.length > 0) || overwrite ? 'modified' : added ? 'tainted' : 'untainted';
  return { object: withValue(object, ['spec', 'taints'], after.length === 0 ? undefined : after), operation };
}

/** What to add and what to remove. */
function parseSpecs(context: Context, specs: readonly string[]): [TaintSpec[], TaintSpec[]] {
  const add: TaintSpec[] = [];
  const remove: TaintSpec[] = [];
  for (const spec of specs) {
    try {
      if (spec.endsWith('-')) {
        remove.push(parseSpec(spec.slice(0, -1)));
        continue;
      }
      const made = parseSpec(spec);
      if (made.effect === '') throw new CliError(`invalid taint spec: ${spec}`);
      if (add.some(({ key, effect }) => key === made.key && effect === made.effect))
        throw new CliError(
          `duplicated taints with the same key and effect: {${made.key} ${made.value} ${made.effect} <nil>}`,
        );
      add.push(made);
    } catch (error) {
      if (error instanceof CliError) throw usageError(context.path, error.message);
      throw error;
    }
  }
  return [add, remove];
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Models util/taints parseTaint. */
function parseSpec(spec: string): TaintSpec {
  const parts = spec.split(':');
  const [pair = '', effect = ''] = parts;
  if (parts.length > 2) throw new CliError(`invalid taint spec: ${spec}`);
  if (parts.length === 2 && !EFFECTS.includes(effect))
    throw new CliError(`invalid taint effect: ${effect}, unsupported taint effect`);
  // Without an effect it is a key alone.
  const [key = '', value = '', ...more] = parts.length === 1 ? [pair] : pair.split('=');
  if (more.length > 0) throw new CliError(`invalid taint spec: ${spec}`);
  const problems = [...qualifiedName(key), ...labelValue(value)];
  if (problems.length > 0) throw new CliError(`invalid taint spec: ${spec}, ${problems.join('; ')}`);
  return { key, value, effect };
}
