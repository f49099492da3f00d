import { goQuote } from '../../../text/go-quote.ts';
import { deepEqual } from '../../../../lib/json.ts';
import type { Command, Context } from '../../command.ts';
import { pathTo } from '../../discovery.ts';
import { withoutHash } from '../../describe/workloads.ts';
import { writePodTemplate } from '../../describe/pod-parts.ts';
import { DescribeWriter } from '../../describe/writer.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, operationText } from '../../dry-run.ts';
import { CliError } from '../../errors.ts';
import { annotationsOf, bool, nameOf, record } from '../../object.ts';
import { OUTPUT_FLAGS, reporter } from '../../output.ts';
import type { Target } from '../../selection.ts';
import type { Obj } from '../../server.ts';
import { LAST_APPLIED } from '../../apply-object.ts';
import { revisions } from './history.ts';
import { requireDeployment, REVISION, ROLLOUT_FLAGS, visitWorkloads } from './targets.ts';

export const rolloutUndo: Command = {
  name: 'undo',
  short: 'Undo a previous rollout',
  usage: '(TYPE NAME | TYPE/NAME) [flags]',
  flags: [
    ...ROLLOUT_FLAGS,
    ...OUTPUT_FLAGS,
    DRY_RUN_FLAG,
    { name: 'to-revision', type: 'int', fallback: '0', usage: 'The revision to go back to; 0: the last one.' },
  ],
  async run(context) {
    await visitWorkloads(context, (object, target) => undo(context, object, target));
  },
};

/** Annotations that stay a Deployment's own when it takes a ReplicaSet's template. */
const KEPT = [
  LAST_APPLIED,
  REVISION,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
];

/** Models polymorphichelpers.DeploymentRollbacker. */
async function undo(context: Context, object: Obj, target: Target): Promise<void> {
  requireDeployment(target, (kind) => `no rollbacker has been implemented for ${goQuote(kind)}`);
  const wanted = context.flags.int('to-revision');
  if (wanted < 0) throw new CliError(`revision must be a non-negative integer: ${wanted}`);
  const dryRun = dryRunOf(context);
  const say = (operation: string): void => {
    const report = reporter(context, operationText(operation, dryRun));
    report.print(object);
    report.flush();
  };
  const set = await revisionSet(context, object, wanted);
  const template = withoutHash(record(set, 'spec', 'template'));
  if (dryRun === 'client') {
    const writer = new DescribeWriter();
    writePodTemplate(writer, record(set, 'spec', 'template'));
    return say(writer.raw());
  }
  if (bool(object, 'spec', 'paused')) {
    throw new CliError(
      `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`,
    );
  }
  if (deepEqual(template, record(object, 'spec', 'template'))) {
    return say(`skipped rollback (current template already matches revision ${annotationsOf(set)[REVISION] ?? ''})`);
  }
  await context.server.json('PATCH', pathTo(target.resource, target.namespace, target.name), {
    query: { dryRun: dryRunQuery(dryRun) },
    body: [
      { op: 'replace', path: '/spec/template', value: template },
      { op: 'replace', path: '/metadata/annotations', value: annotationsFor(object, set) },
    ],
    contentType: 'application/json-patch+json',
  });
  say('rolled back');
}

function annotationsFor(object: Obj, set: Obj): Record<string, string> {
  const [own, other] = [annotationsOf(object), annotationsOf(set)];
  const result: Record<string, string> = {};
  for (const key of KEPT) {
    const value = own[key];
    if (value !== undefined) result[key] = value;
  }
  for (const [key, value] of Object.entries(other)) if (!KEPT.includes(key)) result[key] = value;
  return result;
}

async function revisionSet(context: Context, object: Obj, wanted: number): Promise<Obj> {
  const found = await revisions(context, object);
  const ordered = [...found].sort(([a], [b]) => b - a);
  const chosen = wanted > 0 ? found.get(wanted) : ordered[1]?.[1];
  if (chosen !== undefined) return chosen;
  throw new CliError(
    wanted > 0
      ? `unable to find specified revision ${wanted} in history`
      : `no rollout history found for deployment ${JSON.stringify(nameOf(object))}`,
  );
}
