import { compareStrings } from '../../lib/order.ts';
import type { Command, CommandGroup } from './command.ts';
import type { FlagSpec } from './flags.ts';

const GROUPS: readonly CommandGroup[] = [
  'Basic Commands (Beginner)',
  'Basic Commands (Intermediate)',
  'Deploy Commands',
  'Cluster Management Commands',
  'Troubleshooting and Debugging Commands',
  'Advanced Commands',
  'Settings Commands',
  'Other Commands',
];

/** The order in which the original keeps its verbs. */
const ORDER = [
  ...['create', 'expose', 'run', 'set', 'explain', 'get', 'edit', 'delete', 'rollout', 'scale', 'autoscale'],
  ...['certificate', 'cluster-info', 'top', 'cordon', 'uncordon', 'drain', 'taint', 'describe', 'logs', 'attach'],
  ...['exec', 'port-forward', 'proxy', 'cp', 'auth', 'debug', 'events', 'diff', 'apply', 'patch', 'replace', 'wait'],
  ...[
    'kustomize',
    'label',
    'annotate',
    'completion',
    'config',
    'plugin',
    'version',
    'api-versions',
    'api-resources',
    'options',
  ],
];

export function inOrder(a: string, b: string): number {
  return ORDER.indexOf(a) - ORDER.indexOf(b);
}

/** What belongs to no other group is listed by name. */
function inGroup(group: CommandGroup): (a: Command, b: Command) => number {
  return group === 'Other Commands' ? (a, b) => compareStrings(a.name, b.name) : (a, b) => inOrder(a.name, b.name);
}

/** `kubectl help`. */
export function rootHelp(commands: readonly Command[]): string {
  const parts = [
    'kubectl controls the Kubernetes cluster manager.\n',
    ' Find more information at: https://kubernetes.io/docs/reference/kubectl/\n',
  ];
  for (const group of GROUPS) {
    const members = commands
      .filter((command) => (command.group ?? 'Other Commands') === group && command.hidden !== true)
      .sort(inGroup(group));
    if (members.length > 0)
      parts.push(`${group}:\n${members.map((each) => `  ${each.name.padEnd(15)} ${each.short}\n`).join('')}`);
  }
  parts.push('Usage:\n  kubectl [flags] [options]\n');
  parts.push(`Use "kubectl <command> --help" for more information about a given command.\n${OPTIONS_HINT}`);
  return parts.join('\n');
}

const OPTIONS_HINT = 'Use "kubectl options" for a list of global command-line options (applies to all commands).\n';

/** `kubectl <command> --help`. */
export function commandHelp(command: Command, path: string): string {
  const parts = [`${command.short}.\n`];
  if (command.aliases !== undefined) parts.push(`Aliases:\n${[command.name, ...command.aliases].join(', ')}\n`);
  if (command.examples !== undefined)
    parts.push(`Examples:\n${command.examples.map((each) => `  ${each}\n`).join('')}`);
  const subcommands = command.subcommands ?? [];
  if (subcommands.length > 0) {
    const width = Math.max(11, ...subcommands.map((each) => each.name.length)) + 2;
    parts.push(
      `Available Commands:\n${subcommands.map((each) => `  ${each.name.padEnd(width)} ${each.short}\n`).join('')}`,
    );
  }
  const flags = (command.flags ?? []).filter((flag) => flag.hidden !== true);
  if (flags.length > 0)
    parts.push(
      `Options:\n${[...flags]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(flagHelp)
        .join('\n')}`,
    );
  const line = command.usage === '' ? path : `${path} ${command.usage}`;
  parts.push(`Usage:\n  ${line}${line.includes('[options]') ? '' : ' [options]'}\n`);
  const more =
    subcommands.length > 0 ? `Use "${path} <command> --help" for more information about a given command.\n` : '';
  parts.push(more + OPTIONS_HINT);
  return parts.join('\n');
}

function flagHelp(flag: FlagSpec): string {
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  return `    ${short}--${flag.name}=${defaultText(flag)}:\n\t${flag.usage ?? ''}\n`;
}

function defaultText(flag: FlagSpec): string {
  if (flag.shown !== undefined) return flag.shown;
  switch (flag.type) {
    case 'string':
      return `'${flag.fallback ?? ''}'`;
    case 'array':
    case 'slice':
    case 'pairs':
      return '[]';
    case 'duration':
      return flag.fallback ?? '0s';
    case 'bool':
      return flag.fallback ?? 'false';
    case 'int':
      return flag.fallback ?? '0';
  }
}
