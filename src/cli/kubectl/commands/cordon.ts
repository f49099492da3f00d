import type { Command, Context } from '../command.ts';
import { SELECTOR_FLAG } from '../common-flags.ts';
import { DRY_RUN_FLAG, dryRunOf, operationText } from '../dry-run.ts';
import { usageError } from '../errors.ts';
import { sendChange } from '../modify.ts';
import { bool, nameOf, withValue } from '../object.ts';
import { select, visit } from '../selection.ts';
import type { SelectionOptions, Target } from '../selection.ts';
import type { Obj } from '../server.ts';

export const cordon: Command = {
  name: 'cordon',
  group: 'Cluster Management Commands',
  short: 'Mark node as unschedulable',
  usage: 'NODE',
  examples: ['kubectl cordon worker-1'],
  flags: [SELECTOR_FLAG, DRY_RUN_FLAG],
  run: (context) => cordonNodes(context, true),
};

export const uncordon: Command = {
  name: 'uncordon',
  group: 'Cluster Management Commands',
  short: 'Mark node as schedulable',
  usage: 'NODE',
  examples: ['kubectl uncordon worker-1'],
  flags: [SELECTOR_FLAG, DRY_RUN_FLAG],
  run: (context) => cordonNodes(context, false),
};

export interface NodeTarget {
  readonly object: Obj;
  readonly target: Target;
}

/** The nodes that a command names. */
export async function selectNodes(context: Context): Promise<NodeTarget[]> {
  const selector = context.flags.string('selector');
  if (context.args.length === 0 && selector === '')
    throw usageError(context.path, `USAGE: ${context.path.split(' ').at(-1) ?? ''} NODE [flags]`);
  const args = context.args.map((arg) => (arg.includes('/') ? arg : `node/${arg}`));
  const options: SelectionOptions = args.length > 0 ? { args } : { args: ['nodes'], selector };
  const found: NodeTarget[] = [];
  await visit(context, await select(context, options), options, async (object, target) => {
    found.push({ object, target });
    return Promise.resolve();
  });
  return found;
}

async function cordonNodes(context: Context, wanted: boolean): Promise<void> {
  for (const node of await selectNodes(context)) await cordonOne(context, node, wanted);
}

export async function cordonOne(context: Context, { object, target }: NodeTarget, wanted: boolean): Promise<void> {
  const dryRun = dryRunOf(context);
  const word = wanted ? 'cordoned' : 'uncordoned';
  if (bool(object, 'spec', 'unschedulable') === wanted) {
    return context.out(`node/${nameOf(object)} ${operationText(`already ${word}`, dryRun)}\n`);
  }
  if (dryRun !== 'client') {
    await sendChange(
      context,
      target,
      object,
      withValue(object, ['spec', 'unschedulable'], wanted ? true : undefined),
      'strategic',
    );
  }
  context.out(`node/${nameOf(object)} ${operationText(word, dryRun)}\n`);
}
