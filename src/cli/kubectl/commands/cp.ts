import { packTar, unpackTar } from '../../../unix/tar.ts';
import type { TarEntry } from '../../../unix/tar.ts';
import { execPath, joinStream } from '../attach-stream.ts';
import type { Command, Context } from '../command.ts';
import { pathTo } from '../discovery.ts';
import { CliError, ExitError } from '../errors.ts';
import { defaultContainer } from '../pod-choice.ts';
import { discoveryOf } from '../selection.ts';

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
    if (from === undefined || to === undefined) throw new CliError('source and destination are required');
    const [source, destination] = [remote(from), remote(to)];
    if (source !== undefined && destination !== undefined)
      throw new CliError('one of src or dest must be a local file specification');
    if (source === undefined && destination === undefined)
      throw new CliError('one of src or dest must be a remote file specification');
    if (source === undefined && context.io.files.read(from) === undefined && context.io.files.list(from) === undefined)
      throw new CliError(`${from} doesn't exist in local filesystem`);
    if (source !== undefined) await copyFromPod(context, source, to);
    else if (destination !== undefined) await copyToPod(context, from, destination);
  },
};

interface Remote {
  readonly namespace: string;
  readonly pod: string;
  readonly path: string;
}

/** `[namespace/]pod:path` */
function remote(spec: string): Remote | undefined {
  const colon = spec.indexOf(':');
  if (colon <= 0 || spec.startsWith('.') || spec.startsWith('/')) return undefined;
  const words = spec.slice(0, colon).split('/');
  const path = spec.slice(colon + 1);
  if (words.length > 2 || path === '')
    throw new CliError('filespec must match the canonical format: [[namespace/]pod:]file/path');
  return { namespace: words.length === 2 ? (words[0] ?? '') : '', pod: words.at(-1) ?? '', path };
}

const baseOf = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1) ?? '';

/** Runs a command in the pod; its output comes back as text. */
async function runIn(
  context: Context,
  { namespace, pod: name }: Remote,
  command: readonly string[],
  input?: string,
): Promise<{ readonly code: number; readonly output: string }> {
  let output = '';
  const listen = (handlers: { data(text: string): void; end(): void }): (() => void) => {
    handlers.data(input ?? '');
    handlers.end();
    return () => undefined;
  };
  const inner: Context = {
    ...context,
    namespace: namespace === '' ? context.namespace : namespace,
    io: { ...context.io, stdin: { ...context.io.stdin, listen } },
    // How the command ended is the caller's to tell.
    err: (text) => (text.startsWith('command terminated with ') ? undefined : context.err(text)),
    out: (text) => void (output += text),
  };
  const resource = await discoveryOf(inner).find('pods');
  const pod = await inner.server.json('GET', pathTo(resource, inner.namespace, name));
  const wanted = context.flags.string('container');
  const container = wanted === '' ? defaultContainer(inner, pod) : wanted;
  const options = { stdin: input !== undefined, tty: false };
  const code = await joinStream(inner, execPath(inner, resource, name, container, command, options), options);
  return { code, output };
}

async function copyFromPod(context: Context, source: Remote, to: string): Promise<void> {
  // What tar says of a missing file is shown; upstream, too, does not call that a failure of its own.
  const { output } = await runIn(context, source, ['tar', 'cf', '-', source.path]);
  const entries = unpackTar(output) ?? [];
  const from = source.path.replace(/^\/+/, '').replace(/\/+$/, '');
  const target = context.io.files.list(to) === undefined ? to : `${to.replace(/\/+$/, '')}/${baseOf(from)}`;
  const above = target.slice(0, Math.max(0, target.lastIndexOf('/')));
  if (above !== '' && entries.length > 0) context.io.files.makeDirectory?.(above);
  for (const { name, text } of entries) {
    const path = `${target}${name.slice(from.length)}`;
    if (name.endsWith('/')) context.io.files.makeDirectory?.(path.replace(/\/+$/, ''));
    else context.io.files.write(path, text);
  }
}

async function copyToPod(context: Context, from: string, destination: Remote): Promise<void> {
  const { path } = destination;
  const quiet: Context = { ...context, err: () => undefined };
  const isDirectory = (await runIn(quiet, destination, ['test', '-d', path])).code === 0;
  const target = isDirectory ? `${path.replace(/\/+$/, '')}/${baseOf(from)}` : path;
  const entries: TarEntry[] = [];
  collect(context, from.replace(/\/+$/, ''), baseOf(target), entries);
  const directory = target.slice(0, Math.max(0, target.replace(/\/+$/, '').lastIndexOf('/')));
  const command = ['tar', '-xmf', '-', ...(directory === '' ? [] : ['-C', directory])];
  const { code } = await runIn(context, destination, command, packTar(entries));
  if (code !== 0) throw new ExitError(code);
}

function collect(context: Context, path: string, name: string, entries: TarEntry[]): void {
  const names = context.io.files.list(path);
  if (names === undefined) {
    entries.push({ name, text: context.io.files.read(path) ?? '' });
    return;
  }
  entries.push({ name: `${name}/`, text: '' });
  for (const inner of names) collect(context, `${path}/${inner}`, `${name}/${inner}`, entries);
}
