import type { Command, Context } from '../command.ts';
import { labelValue, qualifiedName } from '../../../api/names.ts';
import { CliError, usageError } from '../errors.ts';
import { changeObjects, modifyFlags } from '../modify.ts';
import { list, nameOf, str, withValue } from '../object.ts';
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
    ...modifyFlags('kubectl-taint'),
    { name: 'overwrite', type: 'bool', fallback: 'false', usage: 'Replace taints that are there already.' },
  ],
  run: runTaint,
};

async function runTaint(context: Context): Promise<void> {
  const isSpec = (arg: string): boolean => arg.includes('=') || arg.includes(':') || arg.endsWith('-');
  const first = context.args.findIndex(isSpec);
  const resources = first < 0 ? context.args : context.args.slice(0, first);
  const specs = first < 0 ? [] : context.args.slice(first);
  const [type = ''] = resources;
  if (resources.length === 0)
    throw usageError(context.path, 'one or more resources must be specified as <resource> <name> or <resource>/<name>');
  if (specs.length === 0) throw new CliError('at least one taint update is required');
  const { add, remove } = parseSpecs(context, specs);
  const bare = type.split('/')[0] ?? '';
  if (!['node', 'nodes', 'no'].includes(bare.toLowerCase()))
    throw new CliError(`invalid resource type ${bare}, only node(s) is supported`);
  const options = { args: resources, selector: context.flags.string('selector'), all: context.flags.bool('all') };
  await changeObjects(context, options, 'strategic', (object) => changeTaints(context, object, add, remove));
}

function changeTaints(
  context: Context,
  object: Obj,
  add: readonly TaintSpec[],
  remove: readonly TaintSpec[],
): { object: Obj; operation: string } {
  const before = list(object, 'spec', 'taints');
  const overwrite = context.flags.bool('overwrite');
  const taken = add
    .filter((spec) => before.some((each) => str(each, 'key') === spec.key && str(each, 'effect') === spec.effect))
    .map((spec) => spec.key);
  if (taken.length > 0 && !overwrite) {
    throw new CliError(
      `node ${nameOf(object)} already has ${[...new Set(taken)].join(', ')} taint(s) with same effect(s) and --overwrite is false`,
    );
  }
  const missing = remove.find(
    (spec) =>
      !before.some(
        (each) => str(each, 'key') === spec.key && (spec.effect === '' || str(each, 'effect') === spec.effect),
      ),
  );
  if (missing !== undefined)
    throw new CliError(
      `taint ${goQuote(missing.effect === '' ? missing.key : `${missing.key}:${missing.effect}`)} not found`,
    );
  const kept = before.filter(
    (each) =>
      !add.some((spec) => spec.key === str(each, 'key') && spec.effect === str(each, 'effect')) &&
      !remove.some(
        (spec) => spec.key === str(each, 'key') && (spec.effect === '' || spec.effect === str(each, 'effect')),
      ),
  );
  const made = add.map((spec) => ({
    effect: spec.effect,
    key: spec.key,
    ...(spec.value === '' ? {} : { value: spec.value }),
  }));
  const after = [...made, ...kept];
  const operation = add.length === 0 ? 'untainted' : overwrite || remove.length > 0 ? 'modified' : 'tainted';
  return { object: withValue(object, ['spec', 'taints'], after.length === 0 ? undefined : after), operation };
}

function parseSpecs(
  context: Context,
  specs: readonly string[],
): { add: readonly TaintSpec[]; remove: readonly TaintSpec[] } {
  const add: TaintSpec[] = [];
  const remove: TaintSpec[] = [];
  for (const spec of specs) {
    try {
      if (spec.endsWith('-')) remove.push(parseSpec(spec.slice(0, -1)));
      else {
        const parsed = parseSpec(spec);
        if (parsed.effect === '') throw new CliError(`invalid taint spec: ${spec}`);
        add.push(parsed);
      }
    } catch (error) {
      if (error instanceof CliError) throw usageError(context.path, error.message);
      throw error;
    }
  }
  return { add, remove };
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Models util/taints parseTaint. */
function parseSpec(spec: string): TaintSpec {
  const parts = spec.split(':');
  const [pair = '', effect = ''] = parts;
  if (parts.length > 2) throw new CliError(`invalid taint spec: ${spec}`);
  if (parts.length === 2 && !EFFECTS.includes(effect))
    throw new CliError(`invalid taint effect: ${effect}, unsupported taint effect`);
  const [key = '', value = '', ...more] = pair.split('=');
  if (more.length > 0) throw new CliError(`invalid taint spec: ${spec}`);
  const problems = [...qualifiedName(key), ...labelValue(value)];
  if (problems.length > 0) throw new CliError(`invalid taint spec: ${spec}, ${problems.join('; ')}`);
  return { key, value, effect };
}
