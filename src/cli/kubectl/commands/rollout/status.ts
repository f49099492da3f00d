import { goQuote } from '../../../text/go-quote.ts';
import type { Command, Context } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { list, nameOf, num, str } from '../../object.ts';
import type { Target } from '../../selection.ts';
import type { Obj } from '../../server.ts';
import { FOREVER, waitFor } from '../../wait-for.ts';
import { requireDeployment, revisionOf, ROLLOUT_FLAGS, visitWorkloads } from './targets.ts';

export const rolloutStatus: Command = {
  name: 'status',
  short: 'Show the status of the rollout',
  usage: '(TYPE NAME | TYPE/NAME) [flags]',
  flags: [
    ...ROLLOUT_FLAGS,
    { name: 'watch', short: 'w', type: 'bool', fallback: 'true', usage: 'Follow it until it is done.' },
    { name: 'revision', type: 'int', fallback: '0', usage: 'Insist on this revision.' },
    { name: 'timeout', type: 'duration', fallback: '0s', usage: 'How long to wait; 0: for ever.' },
  ],
  async run(context) {
    await visitWorkloads(context, (object, target) => follow(context, object, target));
  },
};

async function follow(context: Context, object: Obj, target: Target): Promise<void> {
  requireDeployment(target, (kind) => `no status viewer has been implemented for ${kind}`);
  const timeout = context.flags.duration('timeout') === 0 ? FOREVER : context.flags.duration('timeout');
  const show = (live: Obj): boolean => {
    const { text, done } = statusOf(live, context.flags.int('revision'));
    context.out(text);
    return done;
  };
  if (!context.flags.bool('watch')) {
    show(object);
    return;
  }
  try {
    await waitFor(context, target, timeout, (live) => {
      if (live === undefined) throw new CliError('object has been deleted');
      return show(live) ? 'met' : 'not yet';
    });
  } catch (error) {
    if (error instanceof CliError && error.message.startsWith('timed out waiting'))
      throw new CliError('timed out waiting for the condition');
    throw error;
  }
}

/** Models polymorphichelpers.DeploymentStatusViewer. */
function statusOf(object: Obj, revision: number): { readonly text: string; readonly done: boolean } {
  const name = goQuote(nameOf(object));
  if (revision > 0 && revisionOf(object) !== revision) {
    throw new CliError(`desired revision (${revision}) is different from the running revision (${revisionOf(object)})`);
  }
  const count = (field: string): number => num(object, 'status', field) ?? 0;
  if ((num(object, 'metadata', 'generation') ?? 0) > count('observedGeneration'))
    return { text: 'Waiting for deployment spec update to be observed...\n', done: false };
  const progressing = list(object, 'status', 'conditions').find((each) => str(each, 'type') === 'Progressing');
  if (progressing !== undefined && str(progressing, 'reason') === 'ProgressDeadlineExceeded')
    throw new CliError(`deployment ${name} exceeded its progress deadline`);
  const wanted = num(object, 'spec', 'replicas') ?? 1;
  const waiting = (rest: string): { readonly text: string; readonly done: boolean } => ({
    text: `Waiting for deployment ${name} rollout to finish: ${rest}...\n`,
    done: false,
  });
  if (count('updatedReplicas') < wanted)
    return waiting(`${count('updatedReplicas')} out of ${wanted} new replicas have been updated`);
  if (count('replicas') > count('updatedReplicas'))
    return waiting(`${count('replicas') - count('updatedReplicas')} old replicas are pending termination`);
  if (count('availableReplicas') < count('updatedReplicas'))
    return waiting(`${count('availableReplicas')} of ${count('updatedReplicas')} updated replicas are available`);
  return { text: `deployment ${name} successfully rolled out\n`, done: true };
}
