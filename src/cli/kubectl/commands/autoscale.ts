// Models kubectl/pkg/cmd/autoscale.
import { isQuantity } from '../../../api/quantity.ts';
import type { Command, Context } from '../command.ts';
import { FILE_FLAGS } from '../common-flags.ts';
import { dryRunOf, dryRunQuery, operationText } from '../dry-run.ts';
import { asError, CliError } from '../errors.ts';
import { generatorFlags } from '../generate.ts';
import { withLastApplied } from '../apply-object.ts';
import { apiVersionOf, nameOf } from '../object.ts';
import { reporter } from '../output.ts';
import { select, visit } from '../selection.ts';
import type { Target } from '../selection.ts';
import type { Obj } from '../server.ts';

export const autoscale: Command = {
  name: 'autoscale',
  group: 'Deploy Commands',
  short: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
  usage: '(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]',
  examples: ['kubectl autoscale deployment web --min=2 --max=10 --cpu=70%'],
  flags: [
    ...generatorFlags('kubectl-autoscale').filter(({ name }) => name !== 'validate'),
    ...FILE_FLAGS,
    { name: 'min', type: 'int', fallback: '-1', usage: 'Fewest pods.' },
    { name: 'max', type: 'int', fallback: '-1', required: true, usage: 'Most pods.' },
    { name: 'cpu', type: 'string', usage: 'Target of CPU use, a percentage or an amount.' },
    { name: 'memory', type: 'string', usage: 'Target of memory use, a percentage or an amount.' },
    { name: 'cpu-percent', type: 'int', fallback: '-1', hidden: true, usage: 'Target of CPU use in percent.' },
    { name: 'name', type: 'string', usage: 'Name of the autoscaler.' },
  ],
  run: runAutoscale,
};

async function runAutoscale(context: Context): Promise<void> {
  const { flags } = context;
  if (flags.changed('cpu-percent'))
    context.err(
      "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).\n",
    );
  const [min, max] = [flags.int('min'), flags.int('max')];
  if (max < 1) throw new CliError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
  if (max < min) throw new CliError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
  const options = { files: true, args: context.args, asGiven: true };
  await visit(context, await select(context, options), options, (object, target) =>
    autoscaleOne(context, object, target),
  );
}

async function autoscaleOne(context: Context, object: Obj, { resource, namespace }: Target): Promise<void> {
  const { flags } = context;
  if (!resource.subresources.includes('scale'))
    throw new CliError(
      `cannot autoscale a ${resource.kind}: could not find scale subresource for ${resource.group}/${resource.version}, Resource=${resource.plural} in discovery information`,
    );
  const scaler = scalerFor(context, nameOf(object), {
    kind: resource.kind,
    name: nameOf(object),
    apiVersion: apiVersionOf(resource.group, resource.version),
  });
  const complete = flags.bool('save-config') ? withLastApplied(scaler) : scaler;
  const dryRun = dryRunOf(context);
  const report = reporter(
    context,
    dryRun === 'client' ? operationText('created', dryRun) : operationText('autoscaled', dryRun),
    false,
  );
  report.print(dryRun === 'client' ? complete : await create(context, complete, namespace));
  report.flush();
}

function scalerFor(context: Context, name: string, scaleTargetRef: Obj): Obj {
  const { flags } = context;
  const percent = flags.int('cpu-percent') >= 0 ? `${flags.int('cpu-percent')}%` : flags.string('cpu');
  const metrics = [...metric('cpu', percent), ...metric('memory', flags.string('memory'))];
  const min = flags.int('min');
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    metadata: {
      name: flags.string('name') || name,
      ...(context.namespaceGiven ? { namespace: context.namespace } : {}),
    },
    spec: {
      scaleTargetRef,
      ...(min > 0 ? { minReplicas: min } : {}),
      maxReplicas: flags.int('max'),
      ...(metrics.length === 0 ? {} : { metrics }),
    },
    status: { desiredReplicas: 0, currentMetrics: null },
  };
}

function metric(name: 'cpu' | 'memory', target: string): Obj[] {
  if (target === '') return [];
  const share = /^(\d+)%$/.exec(target);
  if (share === null && !isQuantity(target)) throw new CliError(`invalid resource ${name} value: ${target}`);
  const wanted: Obj =
    share === null
      ? { type: 'AverageValue', averageValue: target }
      : { type: 'Utilization', averageUtilization: Number(share[1]) };
  return [{ type: 'Resource', resource: { name, target: wanted } }];
}

/** A server without autoscaling/v2 may take what autoscaling/v1 can say. */
async function create(context: Context, scaler: Obj, namespace: string): Promise<Obj> {
  const query = { dryRun: dryRunQuery(dryRunOf(context)), fieldManager: context.flags.string('field-manager') };
  const post = (version: string, body: Obj): Promise<Obj> =>
    context.server.json('POST', `/apis/autoscaling/${version}/namespaces/${namespace}/horizontalpodautoscalers`, {
      query,
      body,
      about: 'horizontalpodautoscalers.autoscaling',
    });
  try {
    return await post('v2', scaler);
  } catch (error) {
    asError(error);
    return post('v1', olderForm(scaler));
  }
}

function olderForm(scaler: Obj): Obj {
  const { metrics = [], ...spec } = scaler['spec'] as { readonly metrics?: readonly Obj[] } & Obj;
  const why = (text: string): CliError =>
    new CliError(
      `failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: ${text}`,
    );
  const [only] = metrics;
  if (only === undefined) throw why('empty input');
  const { name, target } = only['resource'] as { readonly name: string; readonly target: Obj };
  if (metrics.length > 1 || name !== 'cpu' || target['type'] !== 'Utilization')
    throw why('only one cpu utilization metric can be used');
  return {
    ...scaler,
    apiVersion: 'autoscaling/v1',
    spec: { ...spec, targetCPUUtilizationPercentage: target['averageUtilization'] ?? null },
    status: { currentReplicas: 0, desiredReplicas: 0 },
  };
}
