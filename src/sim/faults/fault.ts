import { MICROSECOND, MILLISECOND, MINUTE, SECOND, type Micros } from '../env.ts';
import type { Host, Process, World } from '../kernel-world.ts';

/** One way in which the world can fail: an object literal per file, listed in index.ts. */
export interface Fault<Args extends object> {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** Throws a UsageError that says what to do. */
  parse(words: readonly string[], world: World): Args;
  /** Hosts and `host/process` concerned. */
  targets(args: Args): readonly string[];
  describe(args: Args): string;
  /** Makes it happen; returns what undoes it, if anything does. */
  inject(world: World, args: Args): Heal | undefined;
  /** An active fault that this one puts an end to: power-on ends a power-off. */
  ends?(args: Args, active: ActiveFault): boolean;
}

export type Heal = (world: World) => void;

export interface ActiveFault {
  readonly id: string;
  readonly name: string;
  readonly command: string;
  readonly text: string;
  readonly targets: readonly string[];
  readonly heal: Heal;
}

/** The command cannot be carried out as written. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function hostNamed(world: World, name: string): Host {
  const host = world.hosts.get(name);
  if (host !== undefined) return host;
  throw new UsageError(`unknown machine "${name}"; there are: ${[...world.hosts.keys()].join(', ')}`);
}

/** `host/process`, where the second part may also be the program's name if only one process runs it. */
export function processNamed(world: World, id: string): Process {
  const slash = id.indexOf('/');
  const host = hostNamed(world, id.slice(0, slash));
  const name = id.slice(slash + 1);
  const exact = host.processes.get(name);
  if (exact !== undefined) return exact;
  const running = [...host.processes.values()].filter((process) => process.program === name);
  const [only] = running;
  if (only !== undefined && running.length === 1) return only;
  const names = [...host.processes.keys()];
  const living = names.length === 0 ? 'none, it is off' : names.join(', ');
  throw new UsageError(`no single process "${name}" runs on ${host.name}; its processes: ${living}`);
}

export function usage(fault: { readonly usage: string }): UsageError {
  return new UsageError(`usage: ${fault.usage}`);
}

export function onlyWord(words: readonly string[], fault: { readonly usage: string }): string {
  const [word] = words;
  if (word === undefined || words.length !== 1) throw usage(fault);
  return word;
}

const UNITS: Readonly<Record<string, Micros>> = { us: MICROSECOND, ms: MILLISECOND, s: SECOND, m: MINUTE };

/** `200ms`, `1.5s`, `2m`. */
export function parseMicros(word: string | undefined, what: string): Micros {
  const match = /^(\d+)(?:\.(\d{1,6}))?(us|ms|s|m)$/.exec(word ?? '');
  const unit = UNITS[match?.[3] ?? ''];
  if (match === null || unit === undefined) {
    throw new UsageError(`${what} must be a duration such as 200ms or 1.5s, not "${word ?? ''}"`);
  }
  const fraction = (match[2] ?? '').padEnd(6, '0');
  return Number(match[1]) * unit + Math.floor((Number(fraction) * unit) / 1_000_000);
}

export function showMicros(micros: Micros): string {
  if (micros >= SECOND && micros % MILLISECOND === 0) return `${micros / SECOND}s`;
  return micros % MILLISECOND === 0 ? `${micros / MILLISECOND}ms` : `${micros}us`;
}
