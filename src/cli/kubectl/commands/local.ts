import type { Command } from '../command.ts';
import { CliError, usageError } from '../errors.ts';

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
  usage: '[flags]',
  flags: [{ name: 'name-only', type: 'bool', fallback: 'false', usage: 'Names without paths.' }],
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
