import { goQuote } from '../../../text/go-quote.ts';
import { DESCRIBE_TABS, tabulate } from '../../../text/tabwriter.ts';
import type { Command, Context } from '../../command.ts';
import { replicaSetsOf } from '../../describe/workloads.ts';
import { writePodTemplate } from '../../describe/pod-parts.ts';
import { DescribeWriter } from '../../describe/writer.ts';
import { CliError } from '../../errors.ts';
import { annotationsOf, record, withValue } from '../../object.ts';
import { OBJECT_FORMATS, objectPrinter, OUTPUT_FLAGS } from '../../output.ts';
import type { Target } from '../../selection.ts';
import type { Obj } from '../../server.ts';
import { CHANGE_CAUSE, lineFor, requireDeployment, revisionOf, ROLLOUT_FLAGS, visitWorkloads } from './targets.ts';

export const rolloutHistory: Command = {
  name: 'history',
  short: 'View rollout history',
  usage: '(TYPE NAME | TYPE/NAME) [flags]',
  flags: [
    ...ROLLOUT_FLAGS,
    ...OUTPUT_FLAGS,
    { name: 'revision', type: 'int', fallback: '0', usage: 'Show this revision in detail.' },
  ],
  async run(context) {
    await visitWorkloads(context, (object, target) => show(context, object, target));
  },
};

/** ReplicaSets by the revision they carry. */
export async function revisions(context: Context, deployment: Obj): Promise<ReadonlyMap<number, Obj>> {
  const { current, old } = await replicaSetsOf(context, deployment);
  const found = new Map<number, Obj>();
  for (const each of [...old, ...(current === undefined ? [] : [current])]) found.set(revisionOf(each), each);
  found.delete(0);
  return found;
}

async function show(context: Context, object: Obj, target: Target): Promise<void> {
  const { group, kind } = target.resource;
  requireDeployment(target, (name) =>
    // Upstream knows ReplicaSets, and that they have no history.
    kind === 'ReplicaSet'
      ? `no history viewer has been implemented for ${goQuote(name)}`
      : `error retrieving history for ${goQuote(name)}, no visitor method exists for {${group} ${kind}}`,
  );
  const found = await revisions(context, object);
  const wanted = context.flags.int('revision');
  if (wanted < 0) throw new CliError('revision must be a positive integer: ' + String(wanted));
  if (wanted > 0) {
    const set = found.get(wanted);
    if (set === undefined) throw new CliError('unable to find the specified revision');
    const printer = objectPrinter(context, OBJECT_FORMATS, false);
    if (printer !== undefined) return printer.print(set);
    return context.out(`${lineFor(target, object)} with revision #${wanted}\n${templateText(set)}\n`);
  }
  const printer = objectPrinter(context, OBJECT_FORMATS, false);
  if (printer !== undefined) {
    for (const [, set] of [...found].sort(([a], [b]) => a - b)) printer.print(set);
    return printer.flush();
  }
  if (found.size === 0) return context.out(`${lineFor(target, object)} \nNo rollout history found.\n`);
  const rows = [...found]
    .sort(([a], [b]) => a - b)
    .map(([revision, set]) => `${revision}\t${annotationsOf(set)[CHANGE_CAUSE] ?? '<none>'}\n`);
  context.out(`${lineFor(target, object)} \n${tabulate(`REVISION\tCHANGE-CAUSE\n${rows.join('')}`, DESCRIBE_TABS)}\n`);
}

/** A revision's pod template, with the change cause among its annotations. */
function templateText(set: Obj): string {
  const cause = annotationsOf(set)[CHANGE_CAUSE];
  const template = record(set, 'spec', 'template');
  const shown =
    cause === undefined
      ? template
      : withValue(template, ['metadata', 'annotations'], { ...annotationsOf(template), [CHANGE_CAUSE]: cause });
  const writer = new DescribeWriter();
  writePodTemplate(writer, shown);
  return writer.raw();
}
