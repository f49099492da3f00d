import { FILE_COMMANDS } from '../../../unix/commands/files.ts';
import { FILTER_COMMANDS } from '../../../unix/commands/filters.ts';
import { CURL_COMMANDS, NETWORK_COMMANDS } from '../../../unix/commands/network.ts';
import { SYSTEM_COMMANDS } from '../../../unix/commands/system.ts';
import type { CommandTable } from '../../../unix/task.ts';
import { sh } from '../../../unix/shell/sh.ts';
import type { ImageFamily, Release } from './image.ts';

const release = (version: string, ...aliases: readonly string[]): Release => ({
  tags: [version, ...aliases],
  layers: [2_156_000],
  version,
});

export const busybox: ImageFamily = {
  repository: 'docker.io/library/busybox',
  program: 'busybox',
  config: { cmd: ['sh'] },
  releases: [
    release('1.28.4', '1.28'),
    release('1.31.1', '1.31'),
    release('1.34.1', '1.34'),
    release('1.35.0', '1.35'),
    release('1.36.1', '1.36', '1.36.1-glibc', '1.36-glibc'),
    release('1.37.0', '1.37', '1', 'stable', 'latest', 'glibc', 'musl', 'uclibc'),
  ],
};

/** What every image with a shell has. */
export const SHELL_COMMANDS: CommandTable = { ...FILE_COMMANDS, ...FILTER_COMMANDS, ...SYSTEM_COMMANDS, sh, ash: sh };
export const BUSYBOX_COMMANDS: CommandTable = { ...SHELL_COMMANDS, ...NETWORK_COMMANDS };
/** Debian and what is built on it. */
export const DEBIAN_COMMANDS: CommandTable = { ...SHELL_COMMANDS, ...CURL_COMMANDS, bash: sh };
