import { parseCertificate } from '../../api/x509/issued-certificate.ts';
import { readPem } from '../../api/x509/pem.ts';
import { parseDuration } from '../../lib/duration.ts';
import { SECOND } from '../../lib/time.ts';
import { COMMANDS } from './commands/index.ts';
import type { Command, Context } from './command.ts';
import { GLOBAL_FLAGS } from './common-flags.ts';
import { asError, CliError, describeFailure, ExitError, PlainError, StatusError, usageError } from './errors.ts';
import { flagError, FlagError, HelpRequested, parseArgs } from './flags.ts';
import type { FlagSpec, ParsedFlags } from './flags.ts';
import { commandHelp, inOrder, rootHelp } from './help.ts';
import { interruptible } from './interruptible.ts';
import type { Identity, KubeConfigFile, KubectlIo } from './io.ts';
import { str } from './object.ts';
import type { Obj } from './server.ts';
import { base64ToText } from '../text/base64.ts';
import { RequestLog } from './request-log.ts';
import { Server } from './server.ts';
import { similarNames } from './suggest.ts';

export type { KubectlIo } from './io.ts';

/** Runs one kubectl command line (without the word `kubectl`) and resolves to its exit code. */
export async function kubectl(argv: readonly string[], terminal: KubectlIo): Promise<number> {
  const io = interruptible(terminal);
  const { command, path, rest } = findCommand(argv);
  try {
    if (command === undefined) return showRoot(argv, rest, io);
    return await runCommand(command, path, rest, io);
  } catch (error) {
    const code = fail(asError(error), io);
    return error instanceof ExitError ? code : (command?.failure ?? code);
  }
}

/** Prints an error as kubectl does and gives the exit code. */
function fail(error: Error, io: KubectlIo): number {
  const { text, exitCode } = describeFailure(error);
  if (text !== '') io.stderr(text.endsWith('\n') ? text : `${text}\n`);
  return exitCode;
}

interface Found {
  readonly command: Command | undefined;
  readonly path: string;
  readonly rest: readonly string[];
}

const VALUE_FLAGS: ReadonlySet<string> = new Set(
  GLOBAL_FLAGS.filter((flag) => flag.type !== 'bool').flatMap((flag) => [`--${flag.name}`, `-${flag.short ?? ''}`]),
);

/** Follows the words of a command line down to the command they name; flags may stand in between. Models cobra's Find. */
function findCommand(argv: readonly string[]): Found {
  let commands: readonly Command[] = COMMANDS;
  let command: Command | undefined;
  let path = 'kubectl';
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      rest.push(...argv.slice(i));
      break;
    }
    if (word.startsWith('-') && word !== '-') {
      rest.push(word);
      if (takesValue(word, command) && !word.includes('=') && argv[i + 1] !== undefined) rest.push(argv[++i] ?? '');
      continue;
    }
    const next = commands.find((each) => each.name === word || each.aliases?.includes(word) === true);
    if (next === undefined) {
      rest.push(...argv.slice(i));
      break;
    }
    command = next;
    path += ` ${next.name}`;
    commands = next.subcommands ?? [];
  }
  return { command, path, rest };
}

function takesValue(word: string, command: Command | undefined): boolean {
  if (VALUE_FLAGS.has(word)) return true;
  const spec = (command?.flags ?? []).find((flag) => word === `--${flag.name}` || word === `-${flag.short ?? ''}`);
  return spec !== undefined && spec.type !== 'bool' && spec.bare === undefined;
}

function showRoot(argv: readonly string[], rest: readonly string[], io: KubectlIo): number {
  const word = rest.find((each) => !each.startsWith('-'));
  if (word === 'help' || argv.length === 0 || word === undefined) return showHelp(rest, io);
  const similar = similarNames(word, COMMANDS.map((each) => each.name).sort(inOrder));
  const hint = similar.length === 0 ? '' : `\n\nDid you mean this?\n${similar.map((name) => `\t${name}\n`).join('')}`;
  io.stderr(`error: unknown command ${JSON.stringify(word)} for "kubectl"${hint === '' ? '\n' : hint}`);
  return 1;
}

function showHelp(words: readonly string[], io: KubectlIo): number {
  const topics = words.filter((word) => !word.startsWith('-') && word !== 'help');
  const { command, path } = findCommand(topics);
  io.stdout(command === undefined ? rootHelp(COMMANDS) : commandHelp(command, path));
  return 0;
}

async function runCommand(command: Command, path: string, rest: readonly string[], io: KubectlIo): Promise<number> {
  const specs = mergedFlags(command);
  let flags: ParsedFlags;
  try {
    flags = parseArgs(specs, rest);
  } catch (error) {
    if (error instanceof HelpRequested) {
      io.stdout(commandHelp(command, path));
      return 0;
    }
    if (error instanceof FlagError)
      throw command.failure === undefined ? flagError(path, error) : usageError(path, error.message);
    throw error;
  }
  if (command.run === undefined) return runWithoutAction(command, path, flags, io);
  const missing = flags.missing();
  if (missing.length > 0) throw new CliError(`required flag(s) "${missing.join('", "')}" not set`);
  const context = createContext(io, path, flags, command);
  try {
    await command.run(context);
  } catch (error) {
    if (error instanceof StatusError) context.server.log.failed(error);
    throw error;
  }
  context.server.failIfWarned();
  return 0;
}

function mergedFlags(command: Command): readonly FlagSpec[] {
  const own = command.flags ?? [];
  return [...own, ...GLOBAL_FLAGS.filter((flag) => !own.some((each) => each.name === flag.name))];
}

/** A command that only groups others. */
function runWithoutAction(command: Command, path: string, flags: ParsedFlags, io: KubectlIo): number {
  const [word] = flags.args;
  if (word === undefined) {
    io.stdout(commandHelp(command, path));
    return 1;
  }
  throw new CliError(`unknown command ${JSON.stringify(flags.args.join(' '))}\nSee '${path} -h' for help and examples`);
}

/** Where kubectl looks when nothing says where the cluster is. */
const NO_SERVER = 'http://localhost:8080';
/** These commands work on the file itself, whatever is wrong in it. */
const CONFIG = 'kubectl config';

function createContext(io: KubectlIo, path: string, flags: ParsedFlags, command: Command): Context {
  const kubeconfig = flags.string('kubeconfig');
  if (kubeconfig !== '' && io.files.read(kubeconfig) === undefined && !path.startsWith(CONFIG))
    throw new CliError(`stat ${kubeconfig}: no such file or directory`);
  const file = io.config(kubeconfig || undefined).load();
  const contextName = flags.string('context') || file.currentContext;
  const kubeContext = file.contexts[contextName];
  if (kubeContext === undefined && contextName !== '' && !path.startsWith(CONFIG)) {
    throw new PlainError(`Error in configuration: context was not found for specified context: ${contextName}`);
  }
  const namespaceGiven = flags.string('namespace') !== '';
  const allNamespaces = flags.has('all-namespaces') && flags.bool('all-namespaces');
  const namespace = flags.string('namespace') || str(kubeContext, 'namespace') || 'default';
  const own = serverFor(io, flags, file, kubeContext, command.flags ?? []);
  return {
    io: own.io,
    flags,
    args: flags.args,
    path,
    server: own,
    namespace,
    namespaceGiven,
    allNamespaces,
    out: (text) => io.stdout(text),
    err: (text) => io.stderr(text),
  };
}

function serverFor(
  io: KubectlIo,
  flags: ParsedFlags,
  file: KubeConfigFile,
  context: Obj | undefined,
  own: readonly FlagSpec[],
): Server {
  // A command may have a --user of its own, which is another.
  const global = (name: string): string => (own.some((flag) => flag.name === name) ? '' : flags.string(name));
  const headers: Record<string, string> = {};
  if (flags.string('as') !== '') headers['impersonate-user'] = flags.string('as');
  if (flags.list('as-group').length > 0) headers['impersonate-group'] = flags.list('as-group').join(',');
  if (flags.string('as-uid') !== '') headers['impersonate-uid'] = flags.string('as-uid');
  for (const [key, value] of Object.entries(flags.pairs('as-user-extra')))
    headers[`impersonate-extra-${key.toLowerCase()}`] = value;
  if (headers['impersonate-user'] === undefined && Object.keys(headers).length > 0)
    throw new CliError(
      `requesting uid, groups or user-extra for ${global('user') || str(context, 'user')} without impersonating a user`,
    );
  const timeout = requestTimeout(flags.string('request-timeout'));
  const user = file.users[global('user') || str(context, 'user')];
  const token = global('token') || str(user, 'token');
  if (token !== '') headers['authorization'] = `Bearer ${token}`;
  const cluster = file.clusters[global('cluster') || str(context, 'cluster')];
  const server = global('server') || str(cluster, 'server') || NO_SERVER;
  const identity = token === '' ? identityOf(io, user) : undefined;
  const log = new RequestLog(io, flags.int('v'), server);
  log.loaded(io.config(flags.string('kubeconfig') || undefined).path);
  return new Server(io.connect(server, identity), headers, log, timeout, flags.bool('warnings-as-errors'));
}

/** Whom the certificate of a user's entry is for. */
function identityOf(io: KubectlIo, user: Obj | undefined): Identity | undefined {
  const path = str(user, 'client-certificate');
  const data = str(user, 'client-certificate-data');
  const text = data === '' ? (path === '' ? '' : (io.files.read(path) ?? '')) : base64ToText(data);
  const issued = readPem(text) === undefined ? undefined : parseCertificate(text).subject;
  if (issued !== undefined) return { name: issued.commonName, groups: issued.organization };
  const parts = text.split(/[,\n]/).map((part) => part.trim());
  const values = (key: string): string[] =>
    parts.filter((part) => part.startsWith(key)).map((part) => part.slice(key.length));
  const [name] = values('CN=');
  return name === undefined ? undefined : { name, groups: values('O=') };
}

function requestTimeout(text: string): number | undefined {
  if (text === '' || text === '0') return undefined;
  if (/^\d+$/.test(text)) return Number(text) * SECOND;
  try {
    const parsed = parseDuration(text);
    return parsed === 0 ? undefined : parsed;
  } catch {
    throw new CliError(
      'Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)',
    );
  }
}
