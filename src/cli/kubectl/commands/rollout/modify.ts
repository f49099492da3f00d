import { deepEqual } from '../../../../lib/json.ts';
import { formatTime } from '../../../../lib/time.ts';
import { goQuote } from '../../../text/go-quote.ts';
import type { Command, Context } from '../../command.ts';
import { fieldManagerFlag } from '../../common-flags.ts';
import { CliError } from '../../errors.ts';
import { sendChange } from '../../modify.ts';
import { bool, nameOf, stringMap, withValue } from '../../object.ts';
import { OUTPUT_FLAGS, reporter } from '../../output.ts';
import type { Target } from '../../selection.ts';
import type { Obj } from '../../server.ts';
import { resourceName } from '../../discovery.ts';
import { requireDeployment, ROLLOUT_FLAGS, visitWorkloads } from './targets.ts';

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const FLAGS = [...ROLLOUT_FLAGS, ...OUTPUT_FLAGS, fieldManagerFlag('kubectl-rollout')];

/** A way of changing the workloads that a command names. */
interface Modification {
  readonly operation: string;
  /** `restarting`, where a kind has none. */
  readonly doing: string;
  /** What keeps this object from it. */
  refusal(object: Obj): string | undefined;
  change(object: Obj, now: string): Obj;
}

function modifying(modification: Modification): (context: Context) => Promise<void> {
  return async (context) => {
    const count = await visitWorkloads(context, (object, target) => modify(context, object, target, modification));
    if (count === 0) context.err(`No resources found in ${context.namespace} namespace.\n`);
  };
}

async function modify(context: Context, object: Obj, target: Target, modification: Modification): Promise<void> {
  const { operation, doing, refusal, change } = modification;
  const refuse = (why: string): string => `error: ${resourceName(target.resource)} ${goQuote(nameOf(object))} ${why}`;
  requireDeployment(target, () => refuse(`${doing} is not supported`));
  const why = refusal(object);
  if (why !== undefined) throw new CliError(refuse(why));
  const after = change(object, formatTime(context.io.now()));
  if (deepEqual(object, after))
    throw new CliError(
      `failed to create patch for ${nameOf(object)}: if restart has already been triggered within the past second, please wait before attempting to trigger another`,
    );
  const report = reporter(context, operation);
  report.print(await sendChange(context, target, object, after, 'strategic'));
  report.flush();
}

const TEMPLATE_ANNOTATIONS = ['spec', 'template', 'metadata', 'annotations'];

export const rolloutRestart: Command = {
  name: 'restart',
  short: 'Restart a resource',
  usage: 'RESOURCE',
  flags: FLAGS,
  run: modifying({
    operation: 'restarted',
    doing: 'restarting',
    refusal: (object) =>
      bool(object, 'spec', 'paused') ? "can't restart paused deployment (run rollout resume first)" : undefined,
    change: (object, now) =>
      withValue(object, TEMPLATE_ANNOTATIONS, {
        ...stringMap(object, ...TEMPLATE_ANNOTATIONS),
        [RESTARTED_AT]: now,
      }),
  }),
};

export const rolloutPause: Command = {
  name: 'pause',
  short: 'Mark the provided resource as paused',
  usage: 'RESOURCE',
  flags: FLAGS,
  run: modifying({
    operation: 'paused',
    doing: 'pausing',
    refusal: (object) => (bool(object, 'spec', 'paused') ? 'is already paused' : undefined),
    change: (object) => withValue(object, ['spec', 'paused'], true),
  }),
};

export const rolloutResume: Command = {
  name: 'resume',
  short: 'Resume a paused resource',
  usage: 'RESOURCE',
  flags: FLAGS,
  run: modifying({
    operation: 'resumed',
    doing: 'resuming',
    refusal: (object) => (bool(object, 'spec', 'paused') ? undefined : 'is not paused'),
    change: (object) => withValue(object, ['spec', 'paused'], undefined),
  }),
};
