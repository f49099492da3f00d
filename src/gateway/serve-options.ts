import { parseTopology, type Topology } from '../cluster/topology.ts';
import type { Speed } from '../sim/session.ts';

export interface ServeOptions {
  readonly topology: Topology;
  readonly seed: number;
  readonly speed: Speed;
  /** 0: any that is free. */
  readonly port: number;
  readonly kubeconfig: string | undefined;
  readonly token: string | undefined;
  /** Where the run is saved when it ends. */
  readonly recording: string | undefined;
}

export const USAGE =
  'usage: npm run serve -- [--port N] [--control-planes 3] [--workers 3] [--external-etcd MEMBERS] [--seed 1] [--speed 1|max] [--kubeconfig FILE] [--token T] [--recording FILE]';

const NAMES = [
  'port',
  'control-planes',
  'workers',
  'external-etcd',
  'seed',
  'speed',
  'kubeconfig',
  'token',
  'recording',
];

/** Reads the command line. Throws with a message for the person who typed it. */
export function parseServeOptions(words: readonly string[]): ServeOptions {
  const given = readFlags(words);
  const number = (name: string, fallback: number, most: number): number => {
    const text = given.get(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value > most)
      throw new Error(`--${name} must be a whole number up to ${most}: got ${text}`);
    return value;
  };
  const token = given.get('token');
  if (token !== undefined && !/^[A-Za-z0-9._~-]{1,128}$/.test(token))
    throw new Error('--token must be 1 to 128 letters, digits, ".", "_", "~" or "-"');
  return {
    topology: parseTopology({
      controlPlanes: number('control-planes', 3, 7),
      workers: number('workers', 3, 5_000),
      ...(given.has('external-etcd') ? { etcd: 'external', etcdMembers: number('external-etcd', 3, 5) } : {}),
      door: true,
    }),
    seed: number('seed', 1, 0xffffffff),
    speed: speedOf(given.get('speed') ?? '1'),
    port: number('port', 0, 65_535),
    kubeconfig: given.get('kubeconfig'),
    token,
    recording: given.get('recording'),
  };
}

function readFlags(words: readonly string[]): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/s.exec(words[i] ?? '') ?? [];
    if (!NAMES.includes(name)) throw new Error(`unknown argument ${words[i] ?? ''}\n${USAGE}`);
    const value = inline ?? words[++i];
    if (value === undefined || value === '') throw new Error(`--${name} needs a value\n${USAGE}`);
    given.set(name, value);
  }
  return given;
}

function speedOf(text: string): Speed {
  if (text === 'max') return Infinity;
  const speed = Number(text);
  if (!(speed > 0) || speed === Infinity) throw new Error(`--speed must be a positive number or max: got ${text}`);
  return speed;
}
