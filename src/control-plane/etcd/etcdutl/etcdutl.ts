// What works on files, without a member: status and restore of snapshots. Models etcdutl (snapshot_command.go)
import { readSnapshotFile, type Snapshot } from '../../../api/etcd-snapshot.ts';
import { asciiTable } from '../../../lib/ascii-table.ts';
import { argvOf, parseFlags, type Flags } from '../../../lib/flags.ts';
import { humanBytes } from '../../../lib/human-bytes.ts';
import type { Env, Program } from '../../../sim/env.ts';
import { log } from '../server/log.ts';
import { EtcdutlError, restore } from './restore.ts';

/** `{ "argv": ["snapshot", "status", "snapshot.db", "-w", "table"], "cwd": "/root" }` */
export const etcdutl: Program = (env) => {
  const { words, flags } = commandLine(argvOf(env.args));
  try {
    run(env, words, flags);
  } catch (error) {
    if (!(error instanceof EtcdutlError)) throw error;
    env.print(`Error: ${error.message}\n`, 'stderr');
    env.exit(1);
  }
};

const SWITCHES = ['skip-hash-check', 'mark-compacted'];

function commandLine(argv: readonly string[]): { words: string[]; flags: Flags } {
  const words: string[] = [];
  const flags: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = (argv[at] ?? '').replace(/^-w$/, '--write-out');
    if (!word.startsWith('-')) words.push(word);
    else if (word.includes('=') || SWITCHES.includes(word.replace(/^-+/, ''))) flags.push(word);
    else flags.push(`${word}=${argv[++at] ?? ''}`);
  }
  return { words, flags: parseFlags(flags) };
}

function run(env: Env, [group, verb, file, ...more]: readonly string[], flags: Flags): void {
  if (group === 'version') {
    env.print('etcdutl version: 3.6.6\nAPI version: 3.6\n');
    return env.exit(0);
  }
  if (group !== 'snapshot' || (verb !== 'status' && verb !== 'restore')) {
    env.print(USAGE);
    return env.exit(0);
  }
  if (file === undefined || more.length > 0) throw new EtcdutlError(`snapshot ${verb} requires exactly one argument`);
  const path = pathOf(env, file);
  const text = env.disk.read(path);
  if (text === undefined) throw new EtcdutlError(`stat ${file}: no such file or directory`);
  const snapshot = readSnapshotFile(text);
  if (verb === 'status') {
    env.print(statusText(sound(snapshot, false), flags.get('write-out') ?? 'simple'));
    return env.exit(0);
  }
  const checked = sound(snapshot, flags.bool('skip-hash-check', false));
  const plan = restore(env, checked, flags, (dir) => pathOf(env, dir));
  const about = { path: file, 'wal-dir': plan.walDir, 'data-dir': plan.dataDir, 'snap-dir': plan.snapDir };
  log(env, 'info', 'restoring snapshot', about);
  for (const { id, peerUrls } of plan.members)
    log(env, 'info', 'added member', {
      'cluster-id': plan.clusterId,
      'added-peer-id': id,
      'added-peer-peer-urls': peerUrls,
    });
  env.disk.fsync(() => {
    log(env, 'info', 'restored snapshot', about);
    env.exit(0);
  });
}

function pathOf(env: Env, path: string): string {
  const { cwd } = env.args;
  return path.startsWith('/') ? path : `${typeof cwd === 'string' ? cwd : ''}/${path}`;
}

/** A damaged file is not looked at any further. */
function sound(snapshot: Snapshot | undefined, skipHash: boolean): Snapshot {
  if (snapshot === undefined) throw new EtcdutlError('snapshot missing hash but --skip-hash-check=false');
  const { expected, actual } = snapshot;
  if (!skipHash && expected !== actual)
    throw new EtcdutlError(`expected sha256 ${bytesText(expected)}, got ${bytesText(actual)}`);
  return snapshot;
}

/** As Go prints an array of bytes. */
function bytesText(hex: string): string {
  return `[${[...hex.matchAll(/../g)].map(([pair]) => Number.parseInt(pair, 16)).join(' ')}]`;
}

function statusText({ totals }: Snapshot, format: string): string {
  const { hash, revision, totalKeys, totalSize, version } = totals;
  if (format === 'json') return `${JSON.stringify({ hash, revision, totalKey: totalKeys, totalSize, version })}\n`;
  const row = [hash.toString(16), String(revision), String(totalKeys), humanBytes(totalSize), version];
  return format === 'table'
    ? asciiTable(['HASH', 'REVISION', 'TOTAL KEYS', 'TOTAL SIZE', 'STORAGE VERSION'], [row])
    : `${row.join(', ')}\n`;
}

const USAGE = `Usage:
  etcdutl [command]

Available Commands:
  snapshot    Manages etcd node snapshots
  version     Prints the version of etcdutl
`;
