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

/** `kubectl help`. */
export function rootHelp(commands: readonly Command[]): string {
  const parts = ['kubectl controls the Kubernetes cluster manager.\n'];
  for (const group of GROUPS) {
    const members = commands.filter((command) => (command.group ?? 'Other Commands') === group);
    if (members.length > 0)
      parts.push(`${group}:\n${members.map((each) => `  ${each.name.padEnd(15)} ${each.short}\n`).join('')}`);
  }
  parts.push('Usage:\n  kubectl [flags] [options]\n');
  parts.push('Use "kubectl <command> --help" for more information about a given command.\n');
  return parts.join('\n');
}

/** `kubectl <command> --help`. */
export function commandHelp(command: Command, path: string): string {
  const parts = [`${command.short}.\n`];
  if (command.examples !== undefined)
    parts.push(`Examples:\n${command.examples.map((each) => `  ${each}\n`).join('')}`);
  const subcommands = command.subcommands ?? [];
  if (subcommands.length > 0) {
    const width = Math.max(13, ...subcommands.map((each) => each.name.length));
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
  parts.push(`Usage:\n  ${path} ${command.usage}${flags.length > 0 ? ' [options]' : ''}\n`);
  if (subcommands.length > 0)
    parts.push(`Use "${path} <command> --help" for more information about a given command.\n`);
  return parts.join('\n');
}

function flagHelp(flag: FlagSpec): string {
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  return `    ${short}--${flag.name}=${defaultText(flag)}:\n\t${flag.usage ?? ''}\n`;
}

function defaultText(flag: FlagSpec): string {
  switch (flag.type) {
    case 'string':
      return `'${flag.fallback ?? ''}'`;
    case 'array':
    case 'slice':
      return '[]';
    case 'duration':
      return flag.fallback ?? '0s';
    case 'bool':
      return flag.fallback ?? 'false';
    case 'int':
      return flag.fallback ?? '0';
  }
}
