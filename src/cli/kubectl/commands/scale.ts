import type { Command, Context } from '../command.ts';
import { pathTo } from '../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, operationText } from '../dry-run.ts';
import { CliError } from '../errors.ts';
import { ALL_FLAG, FILE_FLAGS, SELECTOR_FLAG } from '../common-flags.ts';
import { num, str } from '../object.ts';
import { OUTPUT_FLAGS, reporter } from '../output.ts';
import { select, visit } from '../selection.ts';
import type { Obj } from '../server.ts';
import { FOREVER, waitFor } from '../wait-for.ts';

export const scale: Command = {
  name: 'scale',
  group: 'Deploy Commands',
  short: 'Set a new size for a deployment, replica set, or replication controller',
  usage: '[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)',
  examples: ['kubectl scale --replicas=3 deploy/web', 'kubectl scale --current-replicas=2 --replicas=3 deployment/web'],
  flags: [
    ...FILE_FLAGS,
    ...OUTPUT_FLAGS,
    SELECTOR_FLAG,
    ALL_FLAG,
    DRY_RUN_FLAG,
    { name: 'replicas', type: 'int', fallback: '0', usage: 'The new number of replicas.' },
    { name: 'current-replicas', type: 'int', fallback: '-1', usage: 'Scale only if this is the number now.' },
    { name: 'resource-version', type: 'string', usage: 'Scale only an object of this version.' },
    { name: 'timeout', type: 'duration', fallback: '0s', usage: 'How long to wait for the new size; 0: do not wait.' },
  ],
  run: runScale,
};

async function runScale(context: Context): Promise<void> {
  const options = { files: true, selector: context.flags.string('selector'), all: context.flags.bool('all') };
  const targets = await select(context, options);
  if (!context.flags.changed('replicas')) throw new CliError('required flag(s) "replicas" not set');
  const replicas = context.flags.int('replicas');
  if (replicas < 0)
    throw new CliError(`The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0`);
  const dryRun = dryRunOf(context);
  const count = await visit(context, targets, options, async (object, target) => {
    const path = pathTo(target.resource, target.namespace, target.name, 'scale');
    if (dryRun !== 'client') {
      await checkCurrent(context, path);
      const body = { spec: { replicas } };
      await context.server.json('PATCH', path, {
        query: { dryRun: dryRunQuery(dryRun) },
        body,
        contentType: 'application/merge-patch+json',
      });
    }
    const report = reporter(context, operationText('scaled', dryRun));
    report.print(object);
    report.flush();
    const timeout = context.flags.duration('timeout');
    if (timeout > 0 && dryRun === 'none')
      await waitFor(context, target, Math.min(timeout, FOREVER), (live) => (sized(live, replicas) ? 'met' : 'not yet'));
  });
  if (count === 0) throw new CliError('no objects passed to scale');
}

async function checkCurrent(context: Context, path: string): Promise<void> {
  const [expected, version] = [context.flags.int('current-replicas'), context.flags.string('resource-version')];
  if (expected < 0 && version === '') return;
  const live = await context.server.json('GET', path);
  const current = str(live, 'metadata', 'resourceVersion');
  if (version !== '' && version !== current)
    throw new CliError(`Expected resource version to be ${version}, was ${current}`);
  const now = num(live, 'spec', 'replicas') ?? 0;
  if (expected >= 0 && now !== expected) throw new CliError(`Expected replicas to be ${expected}, was ${now}`);
}

function sized(object: Obj | undefined, replicas: number): boolean {
  if (object === undefined) return true;
  return (
    (num(object, 'status', 'observedGeneration') ?? 0) >= (num(object, 'metadata', 'generation') ?? 0) &&
    (num(object, 'status', 'replicas') ?? 0) === replicas
  );
}
