import type { Command } from '../command.ts';
import { CliError, usageError } from '../errors.ts';

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

export const kustomize: Command = {
  name: 'kustomize',
  group: 'Advanced Commands',
  short: 'Build a kustomization target from a directory or URL',
  usage: 'DIR [flags]',
  async run(context) {
    const [directory = '.', ...more] = context.args;
    if (more.length > 0) throw new CliError('specify one path to kustomization.yaml');
    const entries = context.io.files.list(directory);
    if (entries === undefined)
      throw new CliError(
        `must build at directory: not a valid directory: evalsymlink failure on '${directory}' : lstat ${directory}: no such file or directory`,
      );
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
