import { noResourceType, CliError } from '../../errors.ts';
import type { Command, Context } from '../../command.ts';
import { createGenerated, generatorFlags, oneName, oneNameBeforeDash } from '../../generate.ts';
import { nameOf, record, str } from '../../object.ts';
import { fetchTarget, select } from '../../selection.ts';
import type { Obj } from '../../server.ts';

export const createJob: Command = {
  name: 'job',
  short: 'Create a job with the specified name',
  usage: 'NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]',
  examples: ['kubectl create job hello --image=busybox -- date', 'kubectl create job now --from=cronjob/nightly'],
  flags: [
    ...generatorFlags('kubectl-create'),
    { name: 'image', type: 'string', usage: 'Image to run.' },
    { name: 'from', type: 'string', usage: 'A cron job to start now; only cron jobs can be given.' },
  ],
  async run(context) {
    const name = oneNameBeforeDash(context);
    const command = context.args.slice(1);
    const [image, from] = [context.flags.string('image'), context.flags.string('from')];
    if ((image === '') === (from === '')) throw new CliError('either --image or --from must be specified');
    if (from !== '' && command.length > 0) throw new CliError('cannot specify --from and command');
    const job = from === '' ? jobOf(name, image, command) : await startedBy(context, name, from);
    await createGenerated(context, job, 'job');
  },
};

export const createCronJob: Command = {
  name: 'cronjob',
  aliases: ['cj'],
  short: 'Create a cron job with the specified name',
  usage: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
  examples: ["kubectl create cronjob tick --image=busybox --schedule='*/5 * * * *' -- date"],
  flags: [
    ...generatorFlags('kubectl-create'),
    { name: 'image', type: 'string', required: true, usage: 'Image to run.' },
    { name: 'schedule', type: 'string', required: true, usage: 'When to run, in the form of cron.' },
    { name: 'restart', type: 'string', usage: 'Restart policy of the pods: OnFailure or Never.' },
  ],
  async run(context) {
    const before = context.flags.dash < 0 ? context.args.length : context.flags.dash;
    const name = before === 0 ? oneName(context) : oneNameBeforeDash(context);
    const restart = context.flags.string('restart');
    const { spec } = jobOf(name, context.flags.string('image'), context.args.slice(1), restart || 'OnFailure');
    const object = {
      kind: 'CronJob',
      apiVersion: 'batch/v1',
      metadata: { name },
      spec: { schedule: context.flags.string('schedule'), jobTemplate: { metadata: { name }, spec } },
      status: {},
    };
    await createGenerated(context, object, 'cronjob');
  },
};

function jobOf(name: string, image: string, command: readonly string[], restartPolicy = 'Never') {
  const container = { name, image, ...(command.length === 0 ? {} : { command }), resources: {} };
  return {
    kind: 'Job',
    apiVersion: 'batch/v1',
    metadata: { name },
    spec: { template: { metadata: {}, spec: { containers: [container], restartPolicy } } },
    status: {},
  };
}

/** A job as the cron job itself would start it, but at once. */
async function startedBy(context: Context, name: string, from: string): Promise<Obj> {
  const targets = await select(context, { args: from.split(' ') });
  const [target] = targets;
  if (target === undefined || targets.length > 1) throw noResourceType(from);
  const [source] = await fetchTarget(context, target);
  if (source === undefined || str(source, 'kind') !== 'CronJob')
    throw new CliError(`unknown object type *v1.${str(source, 'kind')}`);
  const template = record(source, 'spec', 'jobTemplate');
  const labels = record(template, 'metadata', 'labels');
  return {
    kind: 'Job',
    apiVersion: 'batch/v1',
    metadata: {
      name,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...record(template, 'metadata', 'annotations') },
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'CronJob', name: nameOf(source), uid: str(source, 'metadata', 'uid') },
      ],
    },
    spec: record(template, 'spec'),
    status: {},
  };
}
