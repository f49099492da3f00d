import type { Command, Context } from '../command.ts';
import { ALL_NAMESPACES_FLAG, SELECTOR_FLAGS } from '../common-flags.ts';
import { CliError } from '../errors.ts';
import { discoveryOf } from '../selection.ts';

const FLAGS = [
  ...SELECTOR_FLAGS,
  ALL_NAMESPACES_FLAG,
  { name: 'sort-by', type: 'string', usage: 'cpu or memory.' },
  { name: 'no-headers', type: 'bool', fallback: 'false', usage: 'No headings.' },
  { name: 'containers', type: 'bool', fallback: 'false', usage: 'A line per container.' },
] as const;

export const top: Command = {
  name: 'top',
  group: 'Cluster Management Commands',
  short: 'Display resource (CPU/memory) usage',
  usage: '[flags]',
  subcommands: [
    {
      name: 'node',
      aliases: ['nodes', 'no'],
      short: 'Display resource (CPU/memory) usage of nodes',
      usage: '[NAME | -l label]',
      flags: FLAGS,
      run: requireMetrics,
    },
    {
      name: 'pod',
      aliases: ['pods', 'po'],
      short: 'Display resource (CPU/memory) usage of pods',
      usage: '[NAME | -l label]',
      flags: FLAGS,
      run: requireMetrics,
    },
  ],
};

/** Usage comes from the metrics API alone: without an add-on that serves it there is nothing to show. */
async function requireMetrics(context: Context): Promise<void> {
  const groups = (await discoveryOf(context).all()).map((each) => each.group);
  if (!groups.includes('metrics.k8s.io')) throw new CliError('Metrics API not available');
  throw new CliError('metrics not available yet');
}
