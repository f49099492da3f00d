import { attachTo, execPath, joinStream } from '../attach-stream.ts';
import type { Command, Context } from '../command.ts';
import { FILENAME_FLAG } from '../common-flags.ts';
import { CliError, ExitError, usageError } from '../errors.ts';
import { nameOf, str } from '../object.ts';
import { choosePod, containerNames, defaultContainer } from '../pod-choice.ts';
import type { Obj } from '../server.ts';

const STREAM_FLAGS = [
  { name: 'container', short: 'c', type: 'string', usage: 'The container.' },
  { name: 'stdin', short: 'i', type: 'bool', fallback: 'false', usage: 'Pass standard input on.' },
  { name: 'tty', short: 't', type: 'bool', fallback: 'false', usage: 'Standard input is a terminal.' },
  { name: 'quiet', short: 'q', type: 'bool', fallback: 'false', usage: 'Only the output of the command.' },
  { name: 'pod-running-timeout', type: 'duration', fallback: '1m0s', usage: 'How long to wait for a pod.' },
] as const;

export const exec: Command = {
  name: 'exec',
  group: 'Troubleshooting and Debugging Commands',
  short: 'Execute a command in a container',
  usage: '(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]',
  examples: ['kubectl exec web -- date', 'kubectl exec -it web -- sh', 'kubectl exec deploy/web -- ls /'],
  flags: [...STREAM_FLAGS, FILENAME_FLAG],
  async run(context) {
    const { args, flags } = context;
    if (args.length === 0 || flags.dash === 0) throw new CliError('pod, type/name or --filename must be specified');
    if (flags.dash < 0 && args.length > 1)
      throw usageError(
        context.path,
        'exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead',
      );
    const command = flags.dash < 0 ? [] : args.slice(flags.dash);
    if (command.length === 0) throw new CliError('you must specify at least one command for the container');
    const { resource, pod } = await choosePod(context, args[0] ?? '', false);
    refuseFinished(pod, 'exec into a container in');
    const options = { stdin: flags.bool('stdin'), tty: terminalOf(context) };
    // Whether the pod has a container of that name is for the server to say; attach looks itself.
    const container = flags.string('container') || containerOf(context, pod);
    const path = execPath(context, resource, nameOf(pod), container, command, options);
    const code = await joinStream(context, path, options);
    if (code !== 0) throw new ExitError(code);
  },
};

export const attach: Command = {
  name: 'attach',
  group: 'Troubleshooting and Debugging Commands',
  short: 'Attach to a running container',
  usage: '(POD | TYPE/NAME) -c CONTAINER',
  examples: ['kubectl attach web', 'kubectl attach web -c sidecar -i -t'],
  flags: STREAM_FLAGS,
  async run(context) {
    const [word] = context.args;
    if (word === undefined) throw new CliError('at least 1 argument is required for attach');
    if (context.args.length > 2)
      throw new CliError(
        'expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ' +
          `${context.args.length}: [${context.args.join(' ')}]`,
      );
    const { resource, pod } = await choosePod(
      context,
      context.args.length === 2 ? context.args.join('/') : word,
      false,
    );
    refuseFinished(pod, 'attach a container in');
    const code = await attachTo(context, resource, nameOf(pod), attachable(context, pod));
    if (code !== 0) throw new ExitError(code);
  },
};

function attachable(context: Context, pod: Obj): string {
  try {
    return containerOf(context, pod);
  } catch (error) {
    throw error instanceof CliError ? new CliError(`cannot attach to the container: ${error.message}`) : error;
  }
}

function terminalOf(context: Context): boolean {
  if (!context.flags.bool('tty')) return false;
  if (context.io.stdin.isTerminal) return true;
  context.err('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  return false;
}

function containerOf(context: Context, pod: Obj): string {
  const wanted = context.flags.string('container');
  if (wanted === '') return defaultContainer(context, pod, context.flags.bool('quiet'));
  if (!containerNames(pod).includes(wanted)) throw new CliError(`container ${wanted} not found in pod ${nameOf(pod)}`);
  return wanted;
}

function refuseFinished(pod: Obj, action: string): void {
  const phase = str(pod, 'status', 'phase');
  if (phase === 'Succeeded' || phase === 'Failed')
    throw new CliError(`cannot ${action} a completed pod; current phase is ${phase}`);
}
