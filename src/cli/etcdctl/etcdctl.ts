import { parseCertificate, type Certificate } from '../../api/certificate.ts';
import { parseFlags, type Flags } from '../../lib/flags.ts';
import type { Address, Micros } from '../../sim/env.ts';
import type { HttpClient } from '../../sim/http.ts';
import { commands } from './commands.ts';
import { EtcdctlError } from './rpc.ts';

/** All that etcdctl touches. */
export interface EtcdctlIo {
  /** Client URLs when `--endpoints` is not given. */
  readonly endpoints: readonly Address[];
  /** `certificate`: shown instead of the operator's own; undefined when none is. */
  connect(endpoint: Address, certificate: Certificate | undefined): HttpClient;
  readonly files: { read(path: string): string | undefined; write(path: string, text: string): void };
  /** Environment variables: `ETCDCTL_CERT` and the like stand for flags that are not given. */
  variable(name: string): string | undefined;
  /** All of standard input. */
  stdin(): Promise<string>;
  sleep(time: Micros): Promise<void>;
  stdout(text: string): void;
  stderr(text: string): void;
  uptime(): Micros;
  /** Resolves when the operator pressed Ctrl-C: what `watch` waits for. */
  untilInterrupted(): Promise<void>;
}

export interface EtcdctlCall {
  readonly io: EtcdctlIo;
  readonly flags: Flags;
  /** Words that are neither the command nor flags. */
  readonly args: readonly string[];
  readonly endpoints: readonly Address[];
  connect(endpoint: Address): HttpClient;
}

export interface EtcdctlCommand {
  /** `endpoint status`. */
  readonly name: string;
  readonly usage: string;
  readonly about: string;
  /** Flags that take no value. */
  readonly switches?: readonly string[];
  run(call: EtcdctlCall): Promise<void>;
}

/** Runs one command line; resolves with its exit code. */
export async function etcdctl(argv: readonly string[], io: EtcdctlIo): Promise<number> {
  const words = wordsOf(argv);
  const command = commandOf(words);
  if (command === undefined) return usage(words, io);
  const { flagWords, args } = split(argv, command);
  const flags = withVariables(parseFlags(flagWords), io);
  const given = flags.list('endpoints').map((endpoint) => endpoint.replace(/^https?:\/\//, ''));
  try {
    const certificate = certificateOf(flags, io);
    const connect = (endpoint: Address): HttpClient => io.connect(endpoint, certificate);
    await command.run({ io, flags, args, connect, endpoints: given.length > 0 ? given : io.endpoints });
    return 0;
  } catch (error) {
    if (!(error instanceof EtcdctlError)) throw error;
    if (error.message !== '') io.stderr(`Error: ${error.message}\n`);
    return error.exitCode;
  }
}

const VALUE_FLAGS = [
  '--endpoints',
  '--write-out',
  '-w',
  '--cert',
  '--key',
  '--cacert',
  '--command-timeout',
  '--dial-timeout',
];

/** The command and its arguments, without flags that may stand before them. */
function wordsOf(argv: readonly string[]): string[] {
  return argv.filter((word, index) => !word.startsWith('-') && !VALUE_FLAGS.includes(argv[index - 1] ?? ''));
}

/** As cobra finds it with prefix matching on: `compact` is `compaction`. */
function commandOf(words: readonly string[]): EtcdctlCommand | undefined {
  const matches = (exact: boolean): EtcdctlCommand[] =>
    commands.filter(({ name }) =>
      name.split(' ').every((part, at) => (exact ? words[at] === part : part.startsWith(words[at] ?? '-'))),
    );
  const found = matches(true);
  if (found[0] !== undefined) return found[0];
  const near = matches(false);
  return near.length === 1 ? near[0] : undefined;
}

/** Flags win over the environment. */
function withVariables(flags: Flags, io: EtcdctlIo): Flags {
  const values = new Map<string, readonly string[]>();
  for (const name of ['endpoints', 'cert', 'key', 'cacert', 'write-out']) {
    const given = flags.all(name);
    const variable = io.variable(`ETCDCTL_${name.replace('-', '_').toUpperCase()}`);
    if (given.length > 0) values.set(name, given);
    else if (variable !== undefined) values.set(name, [variable]);
  }
  return values.size === 0 ? flags : flags.with(values);
}

function certificateOf(flags: Flags, io: EtcdctlIo): Certificate | undefined {
  const path = flags.get('cert') ?? '';
  if (path === '') return undefined;
  const text = io.files.read(path);
  if (text === undefined) throw new EtcdctlError(`open ${path}: no such file or directory`, 128);
  const certificate = parseCertificate(text);
  if (certificate === undefined) throw new EtcdctlError('tls: failed to find any PEM data in certificate input', 128);
  return certificate;
}

const shorthands: Readonly<Record<string, string>> = { '-w': '--write-out' };
const globalSwitches = ['cluster', 'hex', 'debug', 'insecure-skip-tls-verify', 'insecure-transport'];

/** Tells flags with their values (`--rev 3`, `--rev=3`) from arguments, and leaves the command's own words out. */
function split(argv: readonly string[], command: EtcdctlCommand): { flagWords: string[]; args: string[] } {
  const switches = [...globalSwitches, ...(command.switches ?? [])];
  const flagWords: string[] = [];
  const args: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const raw = argv[i] ?? '';
    if (raw === '--') {
      args.push(...argv.slice(i + 1));
      break;
    }
    const word = shorthands[raw] ?? raw;
    if (!word.startsWith('-')) args.push(word);
    else if (word.includes('=') || switches.includes(word.replace(/^-+/, ''))) flagWords.push(word);
    else flagWords.push(`${word}=${argv[++i] ?? ''}`);
  }
  return { flagWords, args: args.slice(command.name.split(' ').length) };
}

function usage(words: readonly string[], io: EtcdctlIo): number {
  const first = words[0];
  const group = commands.filter(({ name }) => name.startsWith(`${first ?? ''} `));
  if (first !== undefined && group.length > 0) return groupUsage(first, group, io);
  if (first !== undefined && first !== 'help') {
    io.stderr(`Error: unknown command "${first}" for "etcdctl"\nRun 'etcdctl --help' for usage.\n`);
    return 1;
  }
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, about }) => `\t${name.padEnd(width)}\t${about}`);
  io.stdout(
    `NAME:\n\tetcdctl - A simple command line client for etcd3.\n\nUSAGE:\n\tetcdctl [flags]\n\nVERSION:\n\t3.6.6\n\nCOMMANDS:\n${lines.join('\n')}\n`,
  );
  return 0;
}

/** Also what `snapshot restore` comes to since 3.6: only etcdutl restores. */
function groupUsage(name: string, group: readonly EtcdctlCommand[], io: EtcdctlIo): number {
  const subcommand = (each: EtcdctlCommand): string => each.name.slice(name.length + 1);
  const width = Math.max(...group.map((each) => subcommand(each).length));
  const lines = group.map((each) => `\t${subcommand(each).padEnd(width)}\t${each.about}`);
  io.stdout(
    `NAME:\n\t${name} - ${GROUPS[name] ?? ''}\n\nUSAGE:\n\tetcdctl ${name} <subcommand> [flags]\n\nAPI VERSION:\n\t3.6\n\nCOMMANDS:\n${lines.join('\n')}\n`,
  );
  return 0;
}

const GROUPS: Readonly<Record<string, string>> = {
  alarm: 'Alarm related commands',
  endpoint: 'Endpoint related commands',
  lease: 'Lease related commands',
  member: 'Membership related commands',
  snapshot: 'Manages etcd node snapshots',
};
