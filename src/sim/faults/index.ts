import type { World } from '../kernel-world.ts';
import { clockSkewFault } from './clock-skew.ts';
import { UsageError, type ActiveFault, type Fault } from './fault.ts';
import { killFault } from './kill.ts';
import { latencyFault } from './latency.ts';
import { lossFault } from './loss.ts';
import { partitionFault } from './partition.ts';
import { pauseFault } from './pause.ts';
import { powerOffFault } from './power-off.ts';
import { powerOnFault } from './power-on.ts';
import { slowDiskFault } from './slow-disk.ts';

export { UsageError, type ActiveFault, type Fault } from './fault.ts';

/** Sorted by name. */
export const faults: readonly Fault<object>[] = [
  clockSkewFault,
  killFault,
  latencyFault,
  lossFault,
  partitionFault,
  pauseFault,
  powerOffFault,
  powerOnFault,
  slowDiskFault,
];

export interface ParsedFault {
  readonly fault: Fault<object>;
  readonly args: object;
}

export function parseFault(command: string, world: World): ParsedFault {
  const [name, ...words] = splitWords(command);
  const fault = faults.find((candidate) => candidate.name === name);
  if (fault === undefined) {
    const names = faults.map((candidate) => candidate.name).join(', ');
    throw new UsageError(`unknown fault "${name ?? ''}"; there are: ${names}, heal`);
  }
  return { fault, args: fault.parse(words, world) };
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
