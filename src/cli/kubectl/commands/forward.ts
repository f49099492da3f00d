import type { Command } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { str } from '../object.ts';
import { choosePod } from '../pod-choice.ts';

export const portForward: Command = {
  name: 'port-forward',
  group: 'Troubleshooting and Debugging Commands',
  short: 'Forward one or more local ports to a pod',
  usage: 'TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  flags: [
    { name: 'address', type: 'slice', fallback: 'localhost', usage: 'Addresses to listen on.' },
    { name: 'pod-running-timeout', type: 'duration', fallback: '1m0s', usage: 'How long to wait for a pod.' },
  ],
  async run(context) {
    const [word, ...ports] = context.args;
    if (word === undefined || ports.length === 0)
      throw usageError(context.path, 'TYPE/NAME and list of ports are required for port-forward');
    const { pod } = await choosePod(context, word, false);
    const phase = str(pod, 'status', 'phase');
    if (phase !== 'Running')
      throw new CliError(`unable to forward port because pod is not running. Current status=${phase}`);
    const pairs = ports.map((port) => port.split(':')).map(([local = '', remote]) => `{${local} ${remote ?? local}}`);
    throw new CliError(`unable to listen on any of the requested ports: [${pairs.join(' ')}]`);
  },
};

export const cp: Command = {
  name: 'cp',
  group: 'Troubleshooting and Debugging Commands',
  short: 'Copy files and directories to and from containers',
  usage: '<file-spec-src> <file-spec-dest>',
  flags: [
    { name: 'container', short: 'c', type: 'string', usage: 'The container.' },
    { name: 'no-preserve', type: 'bool', fallback: 'false', usage: 'Do not keep owner and mode.' },
    { name: 'retries', type: 'int', fallback: '0', usage: 'How often to try again.' },
  ],
  async run(context) {
    const [from, to] = context.args;
    if (from === undefined || to === undefined) throw usageError(context.path, 'source and destination are required');
    const [source, destination] = [remote(from), remote(to)];
    if (source !== undefined && destination !== undefined)
      throw new CliError('one of src or dest must be a local file specification');
    if (source === undefined && destination === undefined)
      throw new CliError('one of src or dest must be a remote file specification');
    if (source === undefined && context.io.files.read(from) === undefined)
      throw new CliError(`${from} doesn't exist in local filesystem`);
    const pod = source ?? destination ?? '';
    await choosePod(context, pod.split('/').at(-1) ?? '', false);
    throw new CliError(
      'Internal error occurred: error executing command in container: failed to exec in container: exec: "tar": executable file not found in $PATH',
    );
  },
};

function remote(spec: string): string | undefined {
  const colon = spec.indexOf(':');
  return colon <= 0 || spec.startsWith('.') || spec.startsWith('/') ? undefined : spec.slice(0, colon);
}
