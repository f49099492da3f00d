import { parseFlags, type Flags } from '../../lib/flags.ts';
import type { Address, Micros } from '../../sim/env.ts';
import type { HttpClient } from '../../sim/http.ts';
import { commands } from './commands.ts';
import { EtcdctlError } from './rpc.ts';

/** All that etcdctl touches. */
export interface EtcdctlIo {
  /** Client URLs when `--endpoints` is not given. */
  readonly endpoints: readonly Address[];
  connect(endpoint: Address): HttpClient;
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
  const words = argv.filter((word) => !word.startsWith('-'));
  const command = commands.find(({ name }) => name.split(' ').every((part, index) => words[index] === part));
  if (command === undefined) return usage(words, io);
  const { flagWords, args } = split(argv, command);
  const flags = parseFlags(flagWords);
  const given = flags.list('endpoints').map((endpoint) => endpoint.replace(/^https?:\/\//, ''));
  try {
    await command.run({ io, flags, args, endpoints: given.length > 0 ? given : io.endpoints });
    return 0;
  } catch (error) {
    if (!(error instanceof EtcdctlError)) throw error;
    io.stderr(`Error: ${error.message}\n`);
    return error.exitCode;
  }
}

const shorthands: Readonly<Record<string, string>> = { '-w': '--write-out' };
const globalSwitches = ['cluster', 'hex', 'debug'];

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
