import type { World } from '../kernel-world.ts';
import { clockSkewFault } from './clock-skew.ts';
import { usage, UsageError, type ActiveFault, type Fault } from './fault.ts';
import { corruptFault } from './corrupt.ts';
import { duplicateFault } from './duplicate.ts';
import { fullDiskFault } from './full-disk.ts';
import { killFault } from './kill.ts';
import { latencyFault } from './latency.ts';
import { lossFault } from './loss.ts';
import { partitionFault } from './partition.ts';
import { pauseFault } from './pause.ts';
import { powerOffFault } from './power-off.ts';
import { powerOnFault } from './power-on.ts';
import { slowFault } from './slow.ts';
import { slowDiskFault } from './slow-disk.ts';
import { tornWriteFault } from './torn-write.ts';

export { UsageError, type ActiveFault, type Fault } from './fault.ts';

/** Sorted by name. */
export const faults: readonly Fault<object>[] = [
  clockSkewFault,
  corruptFault,
  duplicateFault,
  fullDiskFault,
  killFault,
  latencyFault,
  lossFault,
  partitionFault,
  pauseFault,
  powerOffFault,
  powerOnFault,
  slowFault,
  slowDiskFault,
  tornWriteFault,
];

export interface ParsedFault {
  readonly fault: Fault<object>;
  readonly args: object;
}

export function parseFault(command: string, world: World): ParsedFault {
  const [name, ...words] = splitWords(command);
  const fault = faultNamed(name);
  if (fault === undefined) {
    const meant = words.map(faultNamed).find((found) => found !== undefined);
    if (meant !== undefined) throw usage(meant);
    const names = faults.map((candidate) => candidate.name).join(', ');
    throw new UsageError(`unknown fault "${name ?? ''}"; there are: ${names}, heal`);
  }
  try {
    return { fault, args: fault.parse(words, world) };
  } catch (error) {
    if (error instanceof UsageError && isMisordered(fault, words, world)) throw usage(fault);
    throw error;
  }
}

function faultNamed(name: string | undefined): Fault<object> | undefined {
  return faults.find((candidate) => candidate.name === name);
}

const MOST_REORDERED = 4;

/** The words would do in another order: then the order is what to tell, and not that 500ms is no machine. */
function isMisordered(fault: Fault<object>, words: readonly string[], world: World): boolean {
  if (words.length > MOST_REORDERED) return false;
  return permutations(words).some((order) => {
    try {
      fault.parse(order, world);
      return true;
    } catch {
      return false;
    }
  });
}

function permutations(words: readonly string[]): string[][] {
  if (words.length <= 1) return [[...words]];
  return words.flatMap((word, i) =>
    permutations([...words.slice(0, i), ...words.slice(i + 1)]).map((rest) => [word, ...rest]),
  );
}

/** What the command would do, in words; throws a UsageError when it cannot be parsed. */
export function describeFault(command: string, world: World): string {
  const { fault, args } = parseFault(command, world);
  return fault.describe(args);
}

/** For `heal …`: which faults it ends. Undefined: the command is none of healing. */
export function healTargets(active: ReadonlyMap<string, ActiveFault>, command: string): ActiveFault[] | undefined {
  const [verb, what, ...rest] = splitWords(command);
  if (verb !== 'heal') return undefined;
  if (what === undefined || rest.length > 0) throw new UsageError('usage: heal <id> | heal <fault> | heal all');
  const all = [...active.values()];
  if (what === 'all') return all;
  const found = all.filter(({ id, name }) => id === what || name === what);
  if (found.length > 0) return found;
  const known = all.map(({ id, command: injected }) => `${id} (${injected})`).join(', ');
  throw new UsageError(`no active fault "${what}"; ${known === '' ? 'nothing is broken' : `active: ${known}`}`);
}

/** The bar and the arrow are words even when no blanks surround them. */
function splitWords(command: string): string[] {
  return command
    .replace(/(\||->)/g, ' $1 ')
    .split(/\s+/)
    .filter((word) => word !== '');
}
