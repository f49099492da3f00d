import { formatTime } from '../../../../lib/time.ts';
import type { Command, Context } from '../../command.ts';
import { fieldManagerFlag } from '../../common-flags.ts';
import { CliError } from '../../errors.ts';
import { sendChange } from '../../modify.ts';
import { annotationsOf, bool, nameOf, record, withValue } from '../../object.ts';
import { OUTPUT_FLAGS, reporter } from '../../output.ts';
import type { Target } from '../../selection.ts';
import type { Obj } from '../../server.ts';
import { DRY_RUN_FLAG } from '../../dry-run.ts';
import { resourceName } from '../../discovery.ts';
import { requireDeployment, ROLLOUT_FLAGS, visitWorkloads } from './targets.ts';

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const FLAGS = [
  ...ROLLOUT_FLAGS,
  ...OUTPUT_FLAGS,
  fieldManagerFlag('kubectl-rollout'),
  { ...DRY_RUN_FLAG, hidden: true },
];

export const rolloutRestart: Command = {
  name: 'restart',
  short: 'Restart a resource',
  usage: 'RESOURCE',
  flags: FLAGS,
  run: (context) =>
    visitWorkloads(context, (object, target) => {
      if (bool(object, 'spec', 'paused'))
        throw new CliError(
          `${resourceName(target.resource)} ${JSON.stringify(nameOf(object))} can't restart paused deployment (run rollout resume first)`,
        );
      const now = formatTime(context.io.now());
      const template = record(object, 'spec', 'template');
      if (annotationsOf(template)[RESTARTED_AT] === now) {
        throw new CliError(
          'if restart has already been triggered within the past second, please wait before attempting to trigger another',
        );
      }
      const annotations = { ...annotationsOf(template), [RESTARTED_AT]: now };
      return change(
        context,
        object,
        target,
        withValue(object, ['spec', 'template', 'metadata', 'annotations'], annotations),
        'restarted',
      );
    }),
};

export const rolloutPause: Command = {
  name: 'pause',
  short: 'Mark the provided resource as paused',
  usage: 'RESOURCE',
  flags: FLAGS,
  run: (context) =>
    visitWorkloads(context, (object, target) => {
      if (bool(object, 'spec', 'paused'))
        throw new CliError(`${resourceName(target.resource)} ${JSON.stringify(nameOf(object))} is already paused`);
      return change(context, object, target, withValue(object, ['spec', 'paused'], true), 'paused');
    }),
};

export const rolloutResume: Command = {
  name: 'resume',
  short: 'Resume a paused resource',
  usage: 'RESOURCE',
  flags: FLAGS,
  run: (context) =>
    visitWorkloads(context, (object, target) => {
      if (!bool(object, 'spec', 'paused'))
        throw new CliError(`${resourceName(target.resource)} ${JSON.stringify(nameOf(object))} is not paused`);
      return change(context, object, target, withValue(object, ['spec', 'paused'], undefined), 'resumed');
    }),
};

async function change(context: Context, before: Obj, target: Target, after: Obj, operation: string): Promise<void> {
  requireDeployment(target, operation === 'restarted' ? 'restarter' : 'pauser');
  const report = reporter(context, operation);
  report.print(await sendChange(context, target, before, after, 'strategic'));
  report.flush();
}
