import type { Command, Context } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { apiVersionOf } from '../object.ts';
import type { Obj } from '../server.ts';
import { pathTo } from '../discovery.ts';
import { discoveryOf } from '../selection.ts';

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

export const kustomize: Command = {
  name: 'kustomize',
  group: 'Advanced Commands',
  short: 'Build a kustomization target from a directory or URL',
  usage: 'DIR',
  async run(context) {
    const [directory = '.', ...more] = context.args;
    if (more.length > 0) throw new CliError('specify one path to kustomization.yaml');
    const entries = context.io.files.list(directory) ?? [];
    if (!entries.some((entry) => KUSTOMIZATIONS.includes(entry)))
      throw new CliError(
        `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${directory === '.' ? HOME : directory}'`,
      );
    throw new CliError(`kustomizations are not built by this kubectl: ${directory}`);
  },
};

/** Where the laptop's shell stands. */
const HOME = '/home/user';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'];

export const completion: Command = {
  name: 'completion',
  group: 'Settings Commands',
  short: 'Output shell completion code for the specified shell (bash, zsh, fish, or powershell)',
  usage: 'SHELL',
  async run(context) {
    const [shell, ...more] = context.args;
    if (shell === undefined) throw usageError(context.path, 'Shell not specified.');
    if (more.length > 0) throw usageError(context.path, 'Too many arguments. Expected only the shell type.');
    if (!SHELLS.includes(shell)) throw usageError(context.path, `Unsupported shell type ${JSON.stringify(shell)}.`);
    context.out(`# ${shell} completion for kubectl: this terminal completes kubectl by itself (press Tab)\n`);
  },
};

const pluginList: Command = {
  name: 'list',
  short: 'List all visible plugin executables on a user’s PATH',
  usage: '[options]',
  async run() {
    throw new CliError('unable to find any kubectl plugins in your PATH');
  },
};

export const plugin: Command = {
  name: 'plugin',
  group: 'Other Commands',
  short: 'Provides utilities for interacting with plugins',
  usage: '[flags]',
  subcommands: [pluginList],
};

export const autoscale: Command = {
  name: 'autoscale',
  group: 'Deploy Commands',
  short: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
  usage: '(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]',
  flags: [
    { name: 'min', type: 'int', fallback: '-1', usage: 'Fewest pods.' },
    { name: 'max', type: 'int', fallback: '-1', usage: 'Most pods.' },
    { name: 'cpu', type: 'string', usage: 'Target of CPU use, a percentage or an amount.' },
    { name: 'memory', type: 'string', usage: 'Target of memory use, a percentage or an amount.' },
    { name: 'cpu-percent', type: 'int', fallback: '-1', usage: 'Target of CPU use in percent.' },
    { name: 'name', type: 'string', usage: 'Name of the autoscaler.' },
  ],
  run: runAutoscale,
};

async function runAutoscale(context: Context): Promise<void> {
  const { flags, namespace } = context;
  if (!flags.changed('max')) throw new CliError('required flag(s) "max" not set');
  const [min, max] = [flags.int('min'), flags.int('max')];
  if (max < 1) throw new CliError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
  if (max < min) throw new CliError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
  const [type, name] = context.args.flatMap((arg) => arg.split('/'));
  if (type === undefined || name === undefined)
    throw new CliError('resource(s) were provided, but no name was specified');
  const resource = await discoveryOf(context).find(type);
  await context.server.json('GET', pathTo(resource, namespace, name));
  const own = flags.string('name') === '' ? name : flags.string('name');
  const scaleTargetRef = { apiVersion: apiVersionOf(resource.group, resource.version), kind: resource.kind, name };
  const percent = flags.int('cpu-percent') >= 0 ? `${flags.int('cpu-percent')}%` : flags.string('cpu');
  const metrics = [...metric('cpu', percent), ...metric('memory', flags.string('memory'))];
  const spec = {
    maxReplicas: max,
    ...(metrics.length === 0 ? {} : { metrics }),
    ...(min > 0 ? { minReplicas: min } : {}),
    scaleTargetRef,
  };
  const body = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: own }, spec };
  const query = { fieldManager: 'kubectl-autoscale' };
  await context.server.json('POST', `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`, {
    query,
    body,
  });
  context.out(`horizontalpodautoscaler.autoscaling/${own} autoscaled\n`);
}

function metric(name: string, target: string): Obj[] {
  if (target === '') return [];
  const share = /^(\d+)%$/.exec(target);
  const wanted: Obj =
    share === null
      ? { averageValue: target, type: 'AverageValue' }
      : { averageUtilization: Number(share[1]), type: 'Utilization' };
  return [{ resource: { name, target: wanted }, type: 'Resource' }];
}
