import { reviewConnections } from '../kernel-transport.ts';
import type { LinkFault, World } from '../kernel-world.ts';
import { hostNamed, UsageError, type Heal } from './fault.ts';

/** Which links a fault concerns: from the hosts on the left to those on the right, and back unless it is one-way. */
export interface Links {
  readonly left: readonly string[];
  /** Undefined: every other machine. */
  readonly right: readonly string[] | undefined;
  readonly oneWay: boolean;
}

/** What the usage of every fault of links ends with. */
export const LINKS_USAGE =
  '<machine>… [| <machine>…]   (`a -> b` or `--one-way a b`: only from a to b; no second side: everyone else)';

const ONE_WAY = '--one-way';

/** Parses `a b | c d`, `a -> b`, or `a` alone (against everyone else); `--one-way` anywhere: only from the first side to the second. */
export function parseLinks(given: readonly string[], world: World): Links {
  const words = given.filter((word) => word !== ONE_WAY);
  if (words.length < given.length) {
    const [a = '', b = ''] = words;
    const links = parseSides(words.length === 2 ? [a, '->', b] : words, world);
    return { ...links, oneWay: true };
  }
  return parseSides(words, world);
}

function parseSides(words: readonly string[], world: World): Links {
  const at = words.findIndex((word) => word === '|' || word === '->');
  const left = hosts(at < 0 ? words : words.slice(0, at), world);
  if (at < 0) return { left, right: undefined, oneWay: false };
  const right = hosts(words.slice(at + 1), world);
  const both = left.find((name) => right.includes(name));
  if (both !== undefined) throw new UsageError(`${both} cannot be on both sides`);
  return { left, right, oneWay: words[at] === '->' };
}

function hosts(words: readonly string[], world: World): string[] {
  if (words.length === 0) throw new UsageError('name at least one machine on each side');
  return [...new Set(words.map((word) => hostNamed(world, word).name))];
}

export function showLinks({ left, right, oneWay }: Links): string {
  const others = right === undefined ? 'everyone else' : right.join(', ');
  return oneWay ? `from ${left.join(', ')} to ${others}` : `between ${left.join(', ')} and ${others}`;
}

export function linkTargets({ left, right }: Links): string[] {
  return [...left, ...(right ?? [])];
}

export type Disturbance = Partial<Pick<LinkFault, 'cut' | 'delay' | 'jitter' | 'loss' | 'duplicate'>>;

const NONE = { cut: false, delay: 0, jitter: 0, loss: 0, duplicate: 0 };

export function disturb(world: World, links: Links, disturbance: Disturbance): Heal {
  const left = new Set(links.left);
  const others = links.right ?? [...world.hosts.keys()].filter((name) => !left.has(name));
  const right = new Set(others);
  const faults: LinkFault[] = [{ from: left, to: right, ...NONE, ...disturbance }];
  if (!links.oneWay) faults.push({ from: right, to: left, ...NONE, ...disturbance });
  world.linkFaults.push(...faults);
  reviewConnections(world);
  return (healed) => {
    for (const fault of faults) healed.linkFaults.splice(healed.linkFaults.indexOf(fault), 1);
    reviewConnections(healed);
  };
}

/** `20%`, `0.5%`, as a number per million. */
export function parsePercent(word: string, what: string): number {
  const match = /^(\d{1,3})(?:\.(\d{1,4}))?%$/.exec(word);
  const share = match === null ? -1 : Number(match[1]) * 10_000 + Number((match[2] ?? '').padEnd(4, '0'));
  if (share <= 0 || share > 1_000_000) {
    throw new UsageError(`${what} must lie between 0.0001% and 100%, not "${word}"`);
  }
  return share;
}
