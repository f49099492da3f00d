import type { Command, Context } from '../command.ts';
import { ALL_NAMESPACES_FLAG, SELECTOR_FLAG, SELECTOR_FLAGS } from '../common-flags.ts';
import type { FlagSpec } from '../flags.ts';
import { CliError } from '../errors.ts';
import { discoveryOf } from '../selection.ts';

const BOTH: readonly FlagSpec[] = [
  { name: 'sort-by', type: 'string', usage: 'cpu or memory.' },
  { name: 'no-headers', type: 'bool', fallback: 'false', usage: 'No headings.' },
  { name: 'show-swap', type: 'bool', fallback: 'false', usage: 'Swap too.' },
  { name: 'use-protocol-buffers', type: 'bool', fallback: 'true', usage: 'Ask for protocol buffers.' },
];

const NODE_FLAGS: readonly FlagSpec[] = [
  ...BOTH,
  SELECTOR_FLAG,
  { name: 'show-capacity', type: 'bool', fallback: 'false', usage: 'Shares of the capacity.' },
];

const POD_FLAGS: readonly FlagSpec[] = [
  ...BOTH,
  ...SELECTOR_FLAGS,
  ALL_NAMESPACES_FLAG,
  { name: 'containers', type: 'bool', fallback: 'false', usage: 'A line per container.' },
  { name: 'sum', type: 'bool', fallback: 'false', usage: 'The sum of all.' },
];

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
      flags: NODE_FLAGS,
      run: (context) => requireMetrics(context, '--selector'),
    },
    {
      name: 'pod',
      aliases: ['pods', 'po'],
      short: 'Display resource (CPU/memory) usage of pods',
      usage: '[NAME | -l label]',
      flags: POD_FLAGS,
      run: (context) => requireMetrics(context, 'selector'),
    },
  ],
};

/** Usage comes from the metrics API alone: without an add-on that serves it there is nothing to show. */
async function requireMetrics(context: Context, selector: string): Promise<void> {
  if (!['', 'cpu', 'memory'].includes(context.flags.string('sort-by')))
    throw new CliError('--sort-by accepts only cpu or memory');
  if (context.args.length > 0 && context.flags.string('selector') !== '')
    throw new CliError(`only one of NAME or ${selector} can be provided`);
  const groups = (await discoveryOf(context).all()).map((each) => each.group);
  if (!groups.includes('metrics.k8s.io')) throw new CliError('Metrics API not available');
  throw new CliError('metrics not available yet');
}
