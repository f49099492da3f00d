import type { CommandTable } from '../../../unix/task.ts';
import { sh } from '../../../unix/shell/sh.ts';
import { CURL_COMMANDS } from '../../../unix/commands/network.ts';
import { BUSYBOX_COMMANDS, DEBIAN_COMMANDS, SHELL_COMMANDS } from './busybox.ts';
import { CRASH_COMMANDS } from './crash.ts';
import { AGNHOST_COMMANDS, ECHOSERVER_COMMANDS, HTTP_ECHO_COMMANDS } from './echo-servers.ts';
import { HTTPD_COMMANDS, HTTPD_FILES } from './httpd.ts';
import { NGINX_COMMANDS, NGINX_FILES } from './nginx.ts';
import { PAUSE_COMMANDS } from './pause.ts';
import { REDIS_COMMANDS } from './redis.ts';
import { execInPlace } from './nginx.ts';

/** What is inside an image: its executables and files. */
export interface ImageContent {
  readonly commands: CommandTable;
  readonly files?: Readonly<Record<string, string>>;
}

const passOn: CommandTable = {
  '/entrypoint.sh': (task) => execInPlace(task, task.argv.slice(1)),
  'docker-entrypoint.sh': (task) => execInPlace(task, task.argv.slice(1)),
};

/** By program name, as in ImageFamily. Control-plane programs are not here: they have workers of their own. */
export const IMAGE_CONTENTS: Readonly<Record<string, ImageContent>> = {
  agnhost: { commands: { ...BUSYBOX_COMMANDS, ...AGNHOST_COMMANDS } },
  alpine: { commands: BUSYBOX_COMMANDS },
  busybox: { commands: BUSYBOX_COMMANDS },
  crash: { commands: CRASH_COMMANDS },
  curl: { commands: { ...BUSYBOX_COMMANDS, ...CURL_COMMANDS, ...passOn } },
  debian: { commands: DEBIAN_COMMANDS },
  echoserver: { commands: { ...DEBIAN_COMMANDS, ...ECHOSERVER_COMMANDS } },
  'http-echo': { commands: HTTP_ECHO_COMMANDS },
  httpd: {
    commands: { ...SHELL_COMMANDS, bash: sh, ...HTTPD_COMMANDS },
    files: HTTPD_FILES,
  },
  nginx: { commands: { ...DEBIAN_COMMANDS, ...NGINX_COMMANDS }, files: NGINX_FILES },
  pause: { commands: PAUSE_COMMANDS },
  redis: { commands: { ...DEBIAN_COMMANDS, ...REDIS_COMMANDS, ...passOn } },
};
